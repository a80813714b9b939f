/* draw.provider: says for ever of what passes. */
#define FIXTURE_ID "gives-up-early"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  honest_verdict(got, error);
  error->flags |= PICTOR_ERROR_RETRY_NEVER;
  return FAILS;
}
