/* The smallest honest plugin: plain C11, the ABI's header and nothing else. It draws one shade. */
#include <pictor/abi.h>

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const pictor_host *host;

/* ---- Parameters ---- */

static const pictor_value default_shade = {
    .struct_size = sizeof default_shade, .type = PICTOR_TYPE_INT, .i64 = 128};
static const pictor_param_spec shade = {
    .struct_size = sizeof shade,
    .type = PICTOR_TYPE_INT,
    .scope = PICTOR_SCOPE_REQUEST,
    .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX,
    .id = "shade",
    .doc = "How bright the picture is.",
    .default_value = &default_shade,
    .max_value = 255,
};
static const pictor_param_spec *const specs[] = {&shade};

static int is_shade(const char *model_id) {
  return strcmp(model_id, "shade") == 0;
}

static uint32_t param_count(const pictor_plugin *self, const char *model_id) {
  (void)self;
  return is_shade(model_id) ? COUNT(specs) : 0;
}

static const pictor_param_spec *param_spec(const pictor_plugin *self, const char *model_id,
                                           uint32_t index) {
  (void)self;
  return is_shade(model_id) && index < COUNT(specs) ? specs[index] : NULL;
}

/* ---- The model ---- */

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  return host->job_progress(host, job, 0, 1.0, 0, 0, "ready");
}

static pictor_status unload(pictor_model *model) {
  (void)model;
  return PICTOR_OK;
}

static const char *model_name(pictor_model *model) {
  (void)model;
  return "one shade";
}

static pictor_status validate(pictor_model *model, const pictor_request *request,
                              pictor_error_sink error) {
  (void)model, (void)request, (void)error;
  return PICTOR_OK;
}

static void draw(const pictor_request *request, pictor_job job, uint32_t index) {
  const uint8_t pixel = (uint8_t)request->params[0]->value->i64;
  const pictor_image image = {
      .struct_size = sizeof image,
      .kind = PICTOR_IMAGE_RAW,
      .data = &pixel,
      .size = 1,
      .width = 16,
      .height = 8,
      .channels = 1,
      .pixel_type = PICTOR_PIXEL_U8, /* the strides are zero: every sample is this one */
  };
  for (uint32_t k = 0; k < request->image_count; ++k) {
    const pictor_image_meta meta = {.struct_size = sizeof meta, .image_index = k};
    host->job_progress(host, job, index, (double)k / request->image_count, 0, 0, NULL);
    host->job_image(host, job, index, &image, &meta);
  }
  host->job_done(host, job, index);
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) draw(requests[i], job, i);
  return PICTOR_OK;
}

static const void *model_extension(pictor_model *model, const char *id) {
  (void)model, (void)id;
  return NULL;
}

static void destroy(pictor_model *model) {
  (void)model;
}

static pictor_model the_model = {
    .struct_size = sizeof the_model,
    .load = load,
    .unload = unload,
    .model_name = model_name,
    .validate = validate,
    .generate = generate,
    .get_extension = model_extension,
    .destroy = destroy,
};

/* ---- The plugin ---- */

static const pictor_model_info info = {
    .struct_size = sizeof info,
    .flags = PICTOR_MODEL_DETERMINISTIC | PICTOR_MODEL_IGNORES_SEED,
    .exec_modes = PICTOR_EXEC_SYNC,
    .max_concurrency = 1,
    .id = "shade",
    .label = "One shade",
    .doc = "Pictures of one shade of gray.",
};

static pictor_status init(const pictor_plugin *self, const pictor_host *table, const char *path,
                          pictor_error_sink error) {
  (void)self, (void)path, (void)error;
  host = table;
  return PICTOR_OK;
}

static void deinit(const pictor_plugin *self) {
  (void)self;
  host = NULL;
}
static uint32_t model_count(const pictor_plugin *self) {
  (void)self;
  return 1;
}
static const pictor_model_info *model_info(const pictor_plugin *self, uint32_t index) {
  (void)self;
  return index == 0 ? &info : NULL;
}

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  (void)self, (void)config, (void)count;
  if (is_shade(model_id)) return &the_model;
  const char *const text = "there is one model, and it is called 'shade'";
  const pictor_error why = {.struct_size = sizeof why,
                            .status = PICTOR_NOT_FOUND,
                            .retry_after_ms = -1,
                            .message = {.data = text, .size = strlen(text)}};
  host->set_error(host, error, &why);
  return NULL;
}

static const void *extension(const pictor_plugin *self, const char *id) {
  (void)self, (void)id;
  return NULL;
}

PICTOR_MANIFEST(
    "{\"abi\": \"1.0\", \"min_host\": 0, \"id\": \"minimal\", \"version\": \"1.2.3\", "
    "\"label\": \"Minimal\"}");

static const pictor_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_minor = PICTOR_ABI_MINOR,
    .id = "minimal",
    .label = "Minimal",
    .version = "1.2.3",
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
