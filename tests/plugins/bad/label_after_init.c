/* metadata.stable: knows its label only when it was started. */
#include "fixture.h"

#define FIXTURE_ID "label-after-init"
#define FIXTURE_MODEL_LABEL (host == NULL ? "not started" : "The only model")
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
