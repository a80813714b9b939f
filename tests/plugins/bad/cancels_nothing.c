/* life.cancel: reaches for what load makes when it is cancelled before. */
#include "fixture.h"

static volatile int storage;
static volatile int *stopping;

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job, (void)error;
  stopping = &storage;
  return PICTOR_OK;
}

static void cancel(pictor_model *model, pictor_job job, uint32_t request) {
  (void)model, (void)job, (void)request;
  *stopping = 1;
}

#define FIXTURE_ID "cancels-nothing"
#define FIXTURE_LOAD load
#define FIXTURE_CANCEL cancel
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
