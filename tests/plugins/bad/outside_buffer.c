/* draw.pixels: its strides lead beyond its buffer. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  static const uint8_t row[4] = {0, 64, 128, 192};
  pictor_image image = gray_image();
  image.data = row;
  image.size = sizeof row;
  image.stride_x = 1;
  image.stride_y = sizeof row; /* of which there is one */
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) hand_over(job, i, k, &image);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "outside-buffer"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
