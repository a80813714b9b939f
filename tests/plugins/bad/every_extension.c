/* load.extensions: has whatever is asked for. */
#include "fixture.h"

static const void *extension(const pictor_plugin *self, const char *id) {
  (void)self, (void)id;
  return &host;
}

#define FIXTURE_ID "every-extension"
#define FIXTURE_EXTENSION extension
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
