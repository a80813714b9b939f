/* draw.seeds: says that it is deterministic, and counts its pictures. */
#include "fixture.h"

static uint8_t shade;

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) {
      ++shade;
      pictor_image image = gray_image();
      image.data = &shade;
      hand_over(job, i, k, &image);
    }
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "forgets-seed"
#define FIXTURE_FLAGS PICTOR_MODEL_DETERMINISTIC
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
