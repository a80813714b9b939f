/* draw.provider: waits for the last byte, cancelled or not. */
#define FIXTURE_ID "waits-for-drips"
#define ASKS_CANCELLED(job) ((void)(job), 0)
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  return honest_verdict(got, error);
}
