/* draw.refused-picture: offers a picture until it is taken. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  const pictor_image image = gray_image();
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) {
      while (hand_over(job, i, k, &image) != PICTOR_OK) continue;
    }
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "insists"
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
