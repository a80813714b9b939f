/* draw.pixels: lends the same buffer for every picture, and does not wait until it is back. */
#include "fixture.h"

static uint8_t buffer[16];

static void release(void *ctx, const void *data) {
  (void)ctx, (void)data;
}

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) {
      pictor_image image = gray_image();
      memset(buffer, (int)requests[i]->seeds[k], sizeof buffer);
      image.data = buffer;
      image.size = sizeof buffer;
      image.stride_x = 1;
      image.stride_y = 4;
      image.release = release;
      hand_over(job, i, k, &image);
    }
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "one-buffer"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
