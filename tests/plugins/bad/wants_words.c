/* draw.prompts: ends an empty prompt without a reason. */
#include "shade.h"

static int is_empty(const pictor_request *request) {
  return request->prompt.size == 0;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  return draw_unless(is_empty, requests, count, job);
}

#define FIXTURE_ID "wants-words"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
