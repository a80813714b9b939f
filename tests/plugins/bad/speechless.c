/* draw.provider: says nothing at all when its server is broken. */
#define FIXTURE_ID "speechless"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  honest_verdict(got, error);
  return got->status == 500 ? SAYS_NOTHING : FAILS;
}
