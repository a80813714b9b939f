/* life.refusals: refuses what its declaration forbids, and does not say why. */
#include "shade.h"

static int forbidden(const pictor_request *request) {
  return shade_of(request) < 0 || shade_of(request) > SHADE_MAX;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  return draw_unless(forbidden, requests, count, job);
}

#define FIXTURE_ID "refuses-wordless"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
