/* A complete Pictor model in C11, on pictor/abi.h alone. */
#include "template_picture.h"
#include <pictor/abi.h>

#include <stdlib.h>
#include <string.h>

static const pictor_host *host;

static pictor_str str(const char *text) {
  const pictor_str view = {text, strlen(text)};
  return view;
}

static pictor_error reason(pictor_status status, const char *message) {
  const pictor_error error = {
      .struct_size = sizeof error, .status = status, .retry_after_ms = -1, .message = str(message)};
  return error;
}

/* ---- Parameters: the host checks them against these before the model is called ---- */

static const pictor_value default_side = {
    .struct_size = sizeof default_side, .type = PICTOR_TYPE_INT, .i64 = 64};

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
    .exec_modes = PICTOR_EXEC_SYNC,
    .max_batch = 1,
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

/* ---- Drawing ---- */

static uint32_t side(const pictor_request *request, const char *name) {
  for (uint64_t i = 0; i < request->param_count; ++i) {
    if (strcmp(request->params[i]->key, name) == 0) return (uint32_t)request->params[i]->value->i64;
  }
  return (uint32_t)default_side.i64;
}

static void release(void *ctx, const void *data) {
  (void)ctx;
  free((void *)data);
}

/* One picture, on its way to the host, which gives the pixels back by `release`. */
static pictor_status draw(const pictor_request *request, pictor_job job, uint32_t index,
                          uint32_t k) {
  const uint32_t width = side(request, "width"), height = side(request, "height");
  const uint64_t size = (uint64_t)3 * width * height;
  uint8_t *const pixels = template_picture(request->prompt.data, request->prompt.size,
                                           request->seeds[k], width, height);
  if (pixels == NULL) return PICTOR_RESOURCE_EXHAUSTED;
  const pictor_image image = {.struct_size = sizeof image,
                              .kind = PICTOR_IMAGE_RAW,
                              .data = pixels,
                              .size = size,
                              .width = width,
                              .height = height,
                              .channels = 3,
                              .pixel_type = PICTOR_PIXEL_U8,
                              .stride_y = (uint64_t)3 * width,
                              .stride_x = 3,
                              .stride_c = 1,
                              .release = release};
  const pictor_image_meta meta = {.struct_size = sizeof meta, .image_index = k};
  const pictor_status status = host->job_image(host, job, index, &image, &meta);
  if (status != PICTOR_OK) free(pixels); /* it was not taken */
  return status;
}

/* Draws one request and ends it, exactly once. */
static void answer(const pictor_request *request, pictor_job job, uint32_t index) {
  for (uint32_t k = 0; k < request->image_count; ++k) {
    const int cancelled = host->job_cancelled(host, job) != 0;
    const pictor_status status = cancelled ? PICTOR_CANCELLED : draw(request, job, index, k);
    if (status == PICTOR_OK) continue;
    const pictor_error why = reason(status, cancelled ? "stopped" : "the picture cannot be made");
    host->job_fail(host, job, index, &why);
    return;
  }
  host->job_done(host, job, index);
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) answer(requests[i], job, i);
  return PICTOR_OK;
}

/* ---- The model ---- */

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  host->job_progress(host, job, 0, 1.0, 0, 0, "ready");
  return PICTOR_OK;
}

static pictor_status unload(pictor_model *model) {
  (void)model;
  return PICTOR_OK;
}

static const char *model_name(pictor_model *model) {
  (void)model;
  return "template-1";
}

static const void *model_extension(pictor_model *model, const char *id) {
  (void)model, (void)id;
  return NULL;
}

static void destroy(pictor_model *model) {
  free(model);
}

static pictor_model *create(const pictor_plugin *self, const char *model_id,
                            const pictor_kv *const *config, uint64_t count,
                            pictor_error_sink error) {
  (void)self, (void)config, (void)count;
  pictor_error why = reason(PICTOR_NOT_FOUND, "there is one model, and it is called template");
  pictor_model *const model = is_known(model_id) ? malloc(sizeof *model) : NULL;
  if (model == NULL) {
    if (is_known(model_id)) why = reason(PICTOR_RESOURCE_EXHAUSTED, "out of memory");
    host->set_error(host, error, &why);
    return NULL;
  }
  const pictor_model made = {.struct_size = sizeof made,
                             .load = load,
                             .unload = unload,
                             .model_name = model_name,
                             .generate = generate,
                             .get_extension = model_extension,
                             .destroy = destroy};
  *model = made;
  return model;
}

/* ---- The plugin ---- */

static pictor_status init(const pictor_plugin *self, const pictor_host *table,
                          const char *plugin_path, pictor_error_sink error) {
  (void)self, (void)plugin_path, (void)error;
  host = table;
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
