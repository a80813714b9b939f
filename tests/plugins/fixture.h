/*
 * What the fixture plugins share, first half: the host and a way to draw. A fixture includes it,
 * writes what is special about it, names that by the FIXTURE_ macros, and includes
 * fixture_tables.h last.
 */
#ifndef PICTOR_TESTS_FIXTURE_H
#define PICTOR_TESTS_FIXTURE_H

#include <pictor/abi.h>

#include <string.h>

static const pictor_host *host;

static inline pictor_str str(const char *text) {
  pictor_str view;
  view.data = text;
  view.size = strlen(text);
  return view;
}

/* One gray sample, repeated by strides of zero. */
static inline pictor_image gray_image(void) {
  static const uint8_t pixel = 128;
  pictor_image image;
  memset(&image, 0, sizeof image);
  image.struct_size = sizeof image;
  image.kind = PICTOR_IMAGE_RAW;
  image.data = &pixel;
  image.size = 1;
  image.width = 4;
  image.height = 4;
  image.channels = 1;
  image.pixel_type = PICTOR_PIXEL_U8;
  return image;
}

static inline pictor_status hand_over(pictor_job job, uint32_t request, uint32_t image_index,
                                      const pictor_image *image) {
  pictor_image_meta meta;
  memset(&meta, 0, sizeof meta);
  meta.struct_size = sizeof meta;
  meta.image_index = image_index;
  return host->job_image(host, job, request, image, &meta);
}

/* All pictures of one request, without its end. */
static inline void draw_all(pictor_job job, uint32_t index, const pictor_request *request) {
  const pictor_image image = gray_image();
  for (uint32_t k = 0; k < request->image_count; ++k) hand_over(job, index, k, &image);
}

/* Draws every request and ends it: what a fixture does that is special elsewhere. */
static inline pictor_status draw_honestly(pictor_model *model,
                                          const pictor_request *const *requests, uint32_t count,
                                          pictor_job job, pictor_error_sink error) PICTOR_NOEXCEPT {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    draw_all(job, i, requests[i]);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

static inline pictor_error reason(pictor_status status, const char *message) {
  pictor_error error;
  memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
  error.status = status;
  error.retry_after_ms = -1;
  error.message = str(message);
  return error;
}

#endif
