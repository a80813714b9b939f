/* life.secrets: logs its key, to see whether it is the right one. */
#include "fixture.h"

static char name[256];

static uint32_t one_param(const pictor_plugin *self, const char *model_id) {
  (void)self, (void)model_id;
  return 1;
}

static const pictor_param_spec *api_key(const pictor_plugin *self, const char *model_id,
                                        uint32_t index) {
  (void)self;
  static const pictor_param_spec spec = {.struct_size = sizeof spec,
                                         .type = PICTOR_TYPE_SECRET,
                                         .scope = PICTOR_SCOPE_LOAD,
                                         .id = "api_key",
                                         .doc = "The key of the provider."};
  return strcmp(model_id, "only") == 0 && index == 0 ? &spec : NULL;
}

static void log_it(void *ctx, const char *bytes, uint64_t size) {
  (void)ctx;
  const pictor_str text = {bytes, size};
  host->log(host, PICTOR_LOG_DEBUG, "key", text);
}

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)job, (void)error;
  if (name[0] != '\0') host->secret_read(host, name, log_it, NULL);
  return PICTOR_OK;
}

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error);

#define FIXTURE_ID "logs-secret"
#define FIXTURE_PARAM_COUNT one_param
#define FIXTURE_PARAM_SPEC api_key
#define FIXTURE_CREATE create
#define FIXTURE_LOAD load
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  if (count == 1 && config[0]->value->str.size < sizeof name) {
    memcpy(name, config[0]->value->str.data, config[0]->value->str.size);
  }
  return create_default(self, model_id, config, count, error);
}
