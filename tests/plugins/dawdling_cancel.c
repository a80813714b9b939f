/* Takes its time over a cancel, and ends the process when its model is destroyed under it. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include "fixture.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static atomic_int cancelling;

static void cancel(pictor_model *model, pictor_job job, uint32_t request) {
  (void)model, (void)job, (void)request;
  const struct timespec pause = {0, 200000000};
  cancelling = 1;
  nanosleep(&pause, NULL);
  cancelling = 0;
}

static void destroy(pictor_model *model) {
  (void)model;
  if (cancelling) abort();
}

#define FIXTURE_ID "dawdling-cancel"
#define FIXTURE_GENERATE draw_honestly
#define FIXTURE_CANCEL cancel
#define FIXTURE_DESTROY destroy
#include "fixture_tables.h"
