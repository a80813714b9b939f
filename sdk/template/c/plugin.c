/* A complete Pictor model in C11, on pictor/abi.h alone. */
#include "template_model.h"

#include <stdlib.h>
#include <string.h>

const pictor_host *template_host;

/* ---- Parameters: the host checks them against these before the model is called ---- */

static const pictor_value default_side = {
    .struct_size = sizeof default_side, .type = PICTOR_TYPE_INT, .i64 = TEMPLATE_SIDE};

#define SIDE(name, text)                                                                   \
  {                                                                                        \
    .struct_size = sizeof(pictor_param_spec), .type = PICTOR_TYPE_INT,                     \
    .scope = PICTOR_SCOPE_REQUEST, .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX,   \
    .id = name, .doc = text, .unit = "px", .default_value = &default_side, .min_value = 1, \
    .max_value = 4096,                                                                     \
  }
static const pictor_param_spec specs[] = {SIDE("width", "Width of the picture."),
                                          SIDE("height", "Height of the picture.")};
enum { SPEC_COUNT = sizeof specs / sizeof *specs };

static const pictor_model_info info = {
    .struct_size = sizeof info,
    .flags = PICTOR_MODEL_DETERMINISTIC,
    .exec_modes = TEMPLATE_EXEC_MODES,
    .max_batch = 1,
    .max_concurrency = TEMPLATE_MAX_CONCURRENCY,
    .id = "template",
    .label = "Test pictures",
    .doc = "Draws a gradient whose colours follow from the prompt and the seed.",
};

static uint32_t model_count(const pictor_plugin *self) {
  (void)self;
  return 1;
}

static const pictor_model_info *model_info(const pictor_plugin *self, uint32_t index) {
  (void)self;
  return index == 0 ? &info : NULL;
}

static int is_known(const char *model_id) {
  return strcmp(model_id, info.id) == 0;
}

static uint32_t param_count(const pictor_plugin *self, const char *model_id) {
  (void)self;
  return is_known(model_id) ? SPEC_COUNT : 0;
}

static const pictor_param_spec *param_spec(const pictor_plugin *self, const char *model_id,
                                           uint32_t index) {
  (void)self;
  return is_known(model_id) && index < SPEC_COUNT ? &specs[index] : NULL;
}

/* ---- The model ---- */

static const char *model_name(pictor_model *model) {
  (void)model;
  return "template-1";
}

static const void *model_extension(pictor_model *model, const char *id) {
  (void)model, (void)id;
  return NULL;
}

static void destroy(pictor_model *model) {
  template_unload(model);
  template_free(model->plugin_data);
  free(model);
}

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  (void)self, (void)config, (void)count;
  const int known = is_known(model_id);
  void *const state = known ? template_new() : NULL;
  pictor_model *const model = state != NULL ? malloc(sizeof *model) : NULL;
  if (model == NULL) {
    const pictor_error why =
        known ? template_reason(PICTOR_RESOURCE_EXHAUSTED, "out of memory")
              : template_reason(PICTOR_NOT_FOUND, "there is one model, and it is called template");
    if (state != NULL) template_free(state);
    template_host->set_error(template_host, error, &why);
    return NULL;
  }
  const pictor_model made = {.struct_size = sizeof made,
                             .plugin_data = state,
                             .load = template_load,
                             .unload = template_unload,
                             .model_name = model_name,
                             .TEMPLATE_ENTRY = template_draw,
                             .get_extension = model_extension,
                             .destroy = destroy};
  *model = made;
  return model;
}

/* ---- The plugin ---- */

static pictor_status init(const pictor_plugin *self, const pictor_host *table,
                          const char *plugin_path, pictor_error_sink error) {
  (void)self, (void)plugin_path, (void)error;
  template_host = table;
  return PICTOR_OK;
}

static void deinit(const pictor_plugin *self) {
  (void)self;
}

static const void *extension(const pictor_plugin *self, const char *id) {
  (void)self, (void)id;
  return NULL;
}

/* What `pictor plugins` reads without running the file; the same as in the table. */
PICTOR_MANIFEST(
    "{\"abi\": \"1.0\", \"min_host\": 0, \"id\": \"template\", \"version\": \"1.0.0\", "
    "\"label\": \"Test pictures without a model\"}");

static const pictor_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_minor = PICTOR_ABI_MINOR,
    .id = "template",
    .label = "Test pictures without a model",
    .version = "1.0.0",
    .init = init,
    .deinit = deinit,
    .model_count = model_count,
    .model_info = model_info,
    .param_count = param_count,
    .param_spec = param_spec,
    .create = create,
    .get_extension = extension,
};

const pictor_plugin *pictor_plugin_v1(void) {
  return &plugin;
}
