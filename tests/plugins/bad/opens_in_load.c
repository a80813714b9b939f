/* fuzz: what load opens is never closed. */
#include "fixture.h"

#include <fcntl.h>

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job, (void)error;
  return open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? PICTOR_RESOURCE_EXHAUSTED : PICTOR_OK;
}

#define FIXTURE_ID "opens-in-load"
#define FIXTURE_LOAD load
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
