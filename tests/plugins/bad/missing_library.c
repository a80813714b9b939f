/* elf.fits: needs a library that is not there when it is loaded. */
#include "fixture.h"

int left_at_home(void);

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job, (void)error;
  return left_at_home() == 0 ? PICTOR_OK : PICTOR_INTERNAL;
}

#define FIXTURE_ID "missing-library"
#define FIXTURE_LOAD load
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
