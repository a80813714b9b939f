/* life.create: opens a file in each create and closes none. */
#include "fixture.h"

#include <fcntl.h>

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error);

#define FIXTURE_ID "opens-in-create"
#define FIXTURE_CREATE create
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  if (open("/dev/null", O_RDONLY) < 0) return NULL;
  return create_default(self, model_id, config, count, error);
}
