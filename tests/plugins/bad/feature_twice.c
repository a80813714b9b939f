/* metadata.texts: names a feature twice. */
#include "fixture.h"

#define FIXTURE_ID "feature-twice"
#define FIXTURE_FEATURES "text-to-image", "text-to-image", NULL
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
