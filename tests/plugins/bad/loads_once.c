/* life.order: takes a second load for a mistake. */
#include "fixture.h"

static int loaded;

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job;
  if (loaded) {
    const pictor_error why = reason(PICTOR_INTERNAL, "it is loaded already");
    host->set_error(host, error, &why);
    return PICTOR_INTERNAL;
  }
  loaded = 1;
  return PICTOR_OK;
}

static pictor_status unload(pictor_model *model) {
  (void)model;
  loaded = 0;
  return PICTOR_OK;
}

#define FIXTURE_ID "loads-once"
#define FIXTURE_LOAD load
#define FIXTURE_UNLOAD unload
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
