/* draw.seeds: draws every picture of a request from the seed of the first. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) {
      const uint8_t shade = (uint8_t)(requests[i]->seeds[0] * 16 + k);
      pictor_image image = gray_image();
      image.data = &shade;
      hand_over(job, i, k, &image);
    }
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "first-seed"
#define FIXTURE_FLAGS PICTOR_MODEL_DETERMINISTIC
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
