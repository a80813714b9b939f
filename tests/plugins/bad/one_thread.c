/* life.threads: keeps what it loaded in a variable of the thread. */
#include "fixture.h"

static _Thread_local int loaded;

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job, (void)error;
  loaded = 1;
  return PICTOR_OK;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  if (loaded) return draw_honestly(model, requests, count, job, error);
  const pictor_error why = reason(PICTOR_INTERNAL, "the model is not loaded");
  host->set_error(host, error, &why);
  return PICTOR_INTERNAL;
}

#define FIXTURE_ID "one-thread"
#define FIXTURE_LOAD load
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
