/* life.exit, with a sanitizer in it: loses LEAKED bytes with each picture. */
#include "fixture.h"

#include <stdlib.h>

static void *volatile last;

static pictor_status lose(pictor_model *model, const pictor_request *const *requests,
                          uint32_t count, pictor_job job, pictor_error_sink error) {
  if (LEAKED != 0 && last == NULL) last = malloc(LEAKED);
  last = NULL;
  return draw_honestly(model, requests, count, job, error);
}

#define FIXTURE_ID LEAKS_ID
#define FIXTURE_GENERATE lose
#include "fixture_tables.h"
