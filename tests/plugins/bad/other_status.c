/* draw.provider: tells another HTTP status than the server's. */
#define FIXTURE_ID "other-status"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  honest_verdict(got, error);
  error->http_status = 418;
  return FAILS;
}
