/* A client of a provider, and an honest one. */
#define FIXTURE_ID "asks"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  return honest_verdict(got, error);
}
