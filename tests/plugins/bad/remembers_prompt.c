/* fuzz: DETERMINISTIC, but what a prompt with a line end leaves behind is in the next pictures. */
#include "fixture.h"

static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                              uint32_t count, pictor_job job, pictor_error_sink error) {
  static uint8_t shades[2] = {64, 192};
  static int lines;
  (void)model, (void)error;
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) {
      pictor_image image = gray_image();
      image.data = &shades[lines];
      hand_over(job, i, k, &image);
    }
    const pictor_str prompt = requests[i]->prompt;
    if (prompt.size != 0 && memchr(prompt.data, '\n', prompt.size) != NULL) lines = 1;
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID "remembers-prompt"
#define FIXTURE_FLAGS (PICTOR_MODEL_DETERMINISTIC | PICTOR_MODEL_IGNORES_SEED)
#define FIXTURE_GENERATE generate
#include "fixture_tables.h"
