/* draw.request-grown: draws requests of its own day alone. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  for (uint32_t i = 0; i < count; ++i) {
    if (requests[i]->struct_size == sizeof(pictor_request)) continue;
    const pictor_error why = reason(PICTOR_UNSUPPORTED, "a request of another version");
    host->set_error(host, error, &why);
    return PICTOR_UNSUPPORTED;
  }
  return draw_honestly(model, requests, count, job, error);
}

#define FIXTURE_ID "exact-request"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
