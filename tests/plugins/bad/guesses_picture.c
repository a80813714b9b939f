/* draw.provider: takes what stands where a picture would for one. */
#define FIXTURE_ID "guesses-picture"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  honest_verdict(got, error);
  return strstr(got->text, "\"b64_json\": \"") != NULL ? DRAWS : FAILS;
}
