/* draw.cancel: ends what was cancelled as a fault of its own. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  if (host->job_cancelled(host, job) == 0) {
    return draw_honestly(model, requests, count, job, error);
  }
  const pictor_error why = reason(PICTOR_INTERNAL, "something stopped the drawing");
  for (uint32_t i = 0; i < count; ++i) host->job_fail(host, job, i, &why);
  return PICTOR_OK;
}

#define FIXTURE_ID "cancelled-is-broken"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
