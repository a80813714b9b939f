/* draw.progress: tells its progress in percent. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  host->job_progress(host, job, 0, 50.0, 0, 0, "half");
  return draw_honestly(model, requests, count, job, error);
}

#define FIXTURE_ID "percent"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
