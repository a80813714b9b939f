/* draw.provider: takes a gigabyte because it is offered. */
#define FIXTURE_ID "takes-it-all"
#define ASKS_MOST_BYTES SIZE_MAX
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  return honest_verdict(got, error);
}
