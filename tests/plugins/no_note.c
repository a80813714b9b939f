/* Has no manifest. */
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

#define FIXTURE_ID "no-note"
#define FIXTURE_NO_NOTE
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
