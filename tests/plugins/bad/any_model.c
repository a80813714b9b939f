/* metadata.edges: makes its only model under whatever name. */
#include "fixture.h"

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error);

#define FIXTURE_ID "any-model"
#define FIXTURE_CREATE create
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  (void)model_id;
  return create_default(self, "only", config, count, error);
}
