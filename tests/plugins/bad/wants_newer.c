/* elf.baseline: needs a symbol of a version that Debian 12 does not have. */
#include "fixture.h"

int newer_call(void);

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job, (void)error;
  return newer_call() == 0 ? PICTOR_OK : PICTOR_INTERNAL;
}

#define FIXTURE_ID "wants-newer"
#define FIXTURE_LOAD load
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
