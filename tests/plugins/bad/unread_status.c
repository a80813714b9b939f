/* draw.provider: takes whatever a server says for the picture. */
#define FIXTURE_ID "unread-status"
#include "asks.h"

static int verdict(answer *got, pictor_error *error) {
  honest_verdict(got, error);
  return got->status == 0;
}
