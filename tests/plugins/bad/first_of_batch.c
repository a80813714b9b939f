/* draw.batch: takes batches of any size and draws the first request. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  const pictor_error why = reason(PICTOR_UNSUPPORTED, "one at a time");
  for (uint32_t i = 1; i < count; ++i) host->job_fail(host, job, i, &why);
  return draw_honestly(model, requests, 1, job, error);
}

#define FIXTURE_ID "first-of-batch"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
