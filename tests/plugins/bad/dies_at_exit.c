/* life.exit: its destructor finds what it needs gone. */
#include "fixture.h"

#include <stdlib.h>

__attribute__((destructor)) static void after_main(void) {
  if (host != NULL) abort();
}

#define FIXTURE_ID "dies-at-exit"
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
