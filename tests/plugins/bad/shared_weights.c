/* fuzz: all instances share what load makes, so that one's unload takes it from the others. */
#include "fixture.h"

static volatile int storage;
static volatile int *weights;

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job, (void)error;
  weights = &storage;
  return PICTOR_OK;
}

static pictor_status unload(pictor_model *model) {
  (void)model;
  weights = NULL;
  return PICTOR_OK;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  *weights = 1;
  return draw_honestly(model, requests, count, job, error);
}

#define FIXTURE_ID "shared-weights"
#define FIXTURE_LOAD load
#define FIXTURE_UNLOAD unload
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
