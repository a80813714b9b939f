/* Its model says that it is better off in a process of its own; its manifest does not. */
#include "fixture.h"

#define FIXTURE_ID "prefers-isolation"
#define FIXTURE_FLAGS PICTOR_MODEL_PREFERS_ISOLATION
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
