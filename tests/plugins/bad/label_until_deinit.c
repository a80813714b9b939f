/* life.deinit: takes its label along when it ends. */
#include "fixture.h"

static int over;

static void deinit(const pictor_plugin *self) {
  (void)self;
  over = 1;
}

#define FIXTURE_ID "label-until-deinit"
#define FIXTURE_MODEL_LABEL (over ? NULL : "The only model")
#define FIXTURE_DEINIT deinit
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
