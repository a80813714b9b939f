/* draw.provider: says that the server is down when the money is used up. */
#define FIXTURE_ID "blames-server"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  honest_verdict(got, error);
  const int no_money = strstr(got->text, "insufficient_quota") != NULL;
  if (no_money) error->status = PICTOR_UNAVAILABLE;
  return FAILS;
}
