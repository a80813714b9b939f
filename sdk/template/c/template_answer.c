/* One request: its pictures, and its end. */
#include "template_model.h"
#include "template_picture.h"

#include <stdlib.h>
#include <string.h>

static uint32_t side(const pictor_request *request, const char *name) {
  for (uint64_t i = 0; i < request->param_count; ++i) {
    if (strcmp(request->params[i]->key, name) == 0) return (uint32_t)request->params[i]->value->i64;
  }
  return TEMPLATE_SIDE;
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
  const pictor_status status = template_host->job_image(template_host, job, index, &image, &meta);
  if (status != PICTOR_OK) free(pixels); /* it was not taken */
  return status;
}

void template_answer(const pictor_request *request, pictor_job job, uint32_t index) {
  for (uint32_t k = 0; k < request->image_count; ++k) {
    const int cancelled = template_host->job_cancelled(template_host, job) != 0;
    const pictor_status status = cancelled ? PICTOR_CANCELLED : draw(request, job, index, k);
    if (status == PICTOR_OK) continue;
    const pictor_error why =
        template_reason(status, cancelled ? "stopped" : "the picture cannot be made");
    template_host->job_fail(template_host, job, index, &why);
    return;
  }
  template_host->job_done(template_host, job, index);
}

pictor_error template_reason(pictor_status status, const char *message) {
  const pictor_error error = {.struct_size = sizeof error,
                              .status = status,
                              .retry_after_ms = -1,
                              .message = {.data = message, .size = strlen(message)}};
  return error;
}
