/* elf.fits, a warning: brings a library of its own of which the host has another. */
#include "fixture.h"

#include <math.h>

static pictor_status paint(pictor_model *model, const pictor_request *const *requests,
                           uint32_t count, pictor_job job, pictor_error_sink error) {
  const volatile double nothing = 0;
  return j0(nothing) < 0 ? PICTOR_INTERNAL : draw_honestly(model, requests, count, job, error);
}

#define FIXTURE_ID "brings-math"
#define FIXTURE_GENERATE paint
#include "fixture_tables.h"
