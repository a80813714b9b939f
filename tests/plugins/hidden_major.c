/* Made for the next major, but its manifest says otherwise. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "hidden-major"
#define FIXTURE_ENTRY pictor_plugin_v2
#define FIXTURE_GENERATE generate
const pictor_plugin *pictor_plugin_v2(void);

#include "fixture_tables.h"
