/* draw.provider: asks a server again that is too busy. */
#define FIXTURE_ID "asks-again"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  if (got->status == 503) ask(got);
  return honest_verdict(got, error);
}
