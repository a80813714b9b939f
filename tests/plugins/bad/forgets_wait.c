/* draw.provider: forgets how long the server wants to be left alone. */
#define FIXTURE_ID "forgets-wait"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  got->retry_after_ms = -1;
  return honest_verdict(got, error);
}
