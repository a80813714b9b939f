/* draw.extremes: declares a largest value that it does not draw. */
#include "shade.h"

static int at_the_limit(const pictor_request *request) {
  return shade_of(request) == SHADE_MAX;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  return draw_unless(at_the_limit, requests, count, job);
}

#define FIXTURE_ID "fears-the-limit"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
