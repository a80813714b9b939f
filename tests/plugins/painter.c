/* Paints in the shade of its library, of which another plugin has another one under the same name.
 */
#include "brush.h"
#include "fixture.h"

static pictor_status paint(pictor_model *model, const pictor_request *const *requests,
                           uint32_t count, pictor_job job, pictor_error_sink error) {
  (void)model, (void)error;
  const uint8_t shade = brush_shade();
  pictor_image image = gray_image();
  image.data = &shade;
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) hand_over(job, i, k, &image);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_ID PAINTER_ID
#define FIXTURE_GENERATE paint
#include "fixture_tables.h"
