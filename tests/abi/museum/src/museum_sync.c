/*
 * A synchronous model: RGBA in rows with padding, which the host gives back; previews, times, a
 * line for the log. A job that is cancelled ends between two rows.
 */
#include "one_model.h"

#define MUSEUM_ID "museum-sync"
#define MUSEUM_LABEL "Museum: synchronous"

/* ---- Parameters ---- */

static const pictor_value sixty_four = {
    .struct_size = sizeof(pictor_value), .type = PICTOR_TYPE_INT, .i64 = 64};
static const char *const width_aliases[] = {"w", NULL};
static const pictor_param_spec width = {
    .struct_size = sizeof(pictor_param_spec),
    .type = PICTOR_TYPE_INT,
    .scope = PICTOR_SCOPE_REQUEST,
    .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX,
    .id = "width",
    .label = "Width",
    .doc = "How wide the picture is.",
    .unit = "px",
    .default_value = &sixty_four,
    .min_value = 8,
    .max_value = 1024,
    .step = 8,
    .aliases = width_aliases,
};
static const pictor_param_spec height = {
    .struct_size = sizeof(pictor_param_spec),
    .type = PICTOR_TYPE_INT,
    .scope = PICTOR_SCOPE_REQUEST,
    .flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX,
    .id = "height",
    .doc = "How high the picture is.",
    .unit = "px",
    .default_value = &sixty_four,
    .min_value = 8,
    .max_value = 1024,
    .step = 8,
};
static const pictor_param_spec *const specs[] = {&width, &height};

static const char *const features[] = {"text-to-image", NULL};
static const pictor_model_info info = {
    .struct_size = sizeof(pictor_model_info),
    .flags = PICTOR_MODEL_DETERMINISTIC,
    .exec_modes = PICTOR_EXEC_SYNC,
    .max_batch = 4,
    .max_concurrency = 2,
    .id = "gradient",
    .label = "Gradient",
    .doc = "A gradient in the colours of its seed.",
    .features = features,
};

/* ---- The model ---- */

static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink error) {
  (void)model;
  if (host->job_cancelled(host, job)) return refuse(error, PICTOR_CANCELLED, "stopped", "");
  host->job_progress(host, job, 0, 0.5, 1, 2, "mixing colours");
  if (host->log_enabled(host, PICTOR_LOG_DEBUG))
    host->log(host, PICTOR_LOG_DEBUG, MUSEUM_ID, str("loaded"));
  return PICTOR_OK;
}

static pictor_status unload(pictor_model *model) {
  (void)model;
  return PICTOR_OK;
}

static const char *model_name(pictor_model *model) {
  (void)model;
  return "gradient-1";
}

static void give_back(void *release_ctx, const void *data) {
  (void)data;
  free(release_ctx);
}

typedef struct {
  uint32_t width, height;
  uint64_t stride;
  uint8_t *pixels;
} canvas;

static void paint_row(const canvas *on, uint32_t y, uint64_t seed) {
  const uint32_t colour = next_random(&seed);
  uint8_t *pixel = on->pixels + y * on->stride;
  for (uint32_t x = 0; x < on->width; ++x, pixel += 4) {
    pixel[0] = (uint8_t)(colour + 255 * x / on->width);
    pixel[1] = (uint8_t)(colour >> 8);
    pixel[2] = (uint8_t)(colour / 65536 + 255 * y / on->height);
    pixel[3] = 255;
  }
}

static pictor_status hand_over(const canvas *drawn, pictor_job job, uint32_t index,
                               const pictor_image_meta *meta, int preview) {
  const pictor_image image = {
      .struct_size = sizeof image,
      .kind = PICTOR_IMAGE_RAW,
      .data = drawn->pixels,
      .size = drawn->stride * drawn->height,
      .width = drawn->width,
      .height = drawn->height,
      .channels = 4,
      .pixel_type = PICTOR_PIXEL_U8,
      .stride_y = drawn->stride,
      .stride_x = 4,
      .stride_c = 1,
      .release = preview ? NULL : give_back, /* a preview is copied */
      .release_ctx = drawn->pixels,
  };
  return host->job_image(host, job, index, &image, meta);
}

/* Picture k of a request; why not, where there is none. */
static pictor_status draw(const pictor_request *request, uint32_t k, pictor_job job,
                          uint32_t index) {
  const int64_t begun = host->now_ns(host);
  canvas on = {.width = (uint32_t)value_of(request->params, request->param_count, "width")->i64,
               .height = (uint32_t)value_of(request->params, request->param_count, "height")->i64};
  on.stride = 4 * (uint64_t)on.width + 12;
  on.pixels = calloc(on.height, on.stride);
  if (on.pixels == NULL) return PICTOR_RESOURCE_EXHAUSTED;
  pictor_image_meta meta = {
      .struct_size = sizeof meta, .image_index = k, .finish_reason = str("painted")};
  for (uint32_t y = 0; y < on.height; ++y) {
    if (host->job_cancelled(host, job)) {
      free(on.pixels);
      return PICTOR_CANCELLED;
    }
    paint_row(&on, y, request->seeds[k]);
    if (y % 16 != 15) continue;
    host->job_progress(host, job, index, (double)(y + 1) / on.height, y + 1, on.height, "painting");
    if (request->preview_every == 0 || y + 1 == on.height) continue;
    meta.flags = PICTOR_META_PREVIEW;
    hand_over(&on, job, index, &meta, 1);
  }
  meta.flags = 0;
  meta.compute_ns = host->now_ns(host) - begun;
  const pictor_status status = hand_over(&on, job, index, &meta, 0);
  if (status != PICTOR_OK) free(on.pixels);
  return status;
}

static pictor_status answer(const pictor_request *request, pictor_job job, uint32_t index) {
  for (uint32_t k = 0; k < request->image_count; ++k) {
    const pictor_status status = draw(request, k, job, index);
    if (status == PICTOR_CANCELLED) return fail(job, index, status, "stopped while painting");
    if (status != PICTOR_OK)
      return fail(job, index, status, "the picture could not be handed over");
  }
  return host->job_done(host, job, index);
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) answer(requests[i], job, i);
  return PICTOR_OK;
}

static void destroy(pictor_model *model) {
  free(model);
}

static pictor_model *make_model(const pictor_kv *const *config, uint64_t count) {
  (void)config, (void)count;
  pictor_model *made = malloc(sizeof *made);
  if (made == NULL) return NULL;
  *made = (pictor_model){.struct_size = sizeof *made,
                         .load = load,
                         .unload = unload,
                         .model_name = model_name,
                         .generate = generate,
                         .get_extension = no_extension,
                         .destroy = destroy};
  return made;
}

#include "one_model_tables.h"
