/* Needs a newer host, and says so in its manifest. */
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

#define FIXTURE_ID "too-new"
#define FIXTURE_MANIFEST                                                     \
  "{\"abi\": \"1.99\", \"min_host\": 99, \"id\": \"too-new\", \"version\": " \
  "\"1.0\", \"label\": \"Too new\"}"
#define FIXTURE_MIN_HOST 99
#define FIXTURE_GENERATE generate

#include "fixture_tables.h"
