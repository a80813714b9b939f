/* draw.request-end: copies requests as they will be one day. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  char copy[sizeof(pictor_request) + 64];
  for (uint32_t i = 0; i < count; ++i) {
    const volatile char *from = (const volatile char *)requests[i];
    for (size_t k = 0; k < sizeof copy; ++k) copy[k] = from[k];
  }
  (void)copy;
  return draw_honestly(model, requests, count, job, error);
}

#define FIXTURE_ID "reads-beyond-request"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
