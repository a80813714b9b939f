/* Draws from memory of its own, for the mutants that are about memory. */
#ifndef PICTOR_TESTS_CANVAS_H
#define PICTOR_TESTS_CANVAS_H

#include "fixture.h"

#include <stdlib.h>

static pictor_status make_canvas(uint8_t **canvas);

static pictor_status draw_on_canvas(pictor_model *model, const pictor_request *const *requests,
                                    uint32_t count, pictor_job job, pictor_error_sink sink) {
  (void)model, (void)sink;
  for (uint32_t i = 0; i < count; ++i) {
    uint8_t *canvas = NULL;
    const pictor_status status = make_canvas(&canvas);
    const pictor_error why = reason(status, "there is no canvas");
    if (status != PICTOR_OK) {
      host->job_fail(host, job, i, &why);
      continue;
    }
    pictor_image image = gray_image();
    image.data = canvas;
    for (uint32_t k = 0; k < requests[i]->image_count; ++k) hand_over(job, i, k, &image);
    free(canvas);
    host->job_done(host, job, i);
  }
  return PICTOR_OK;
}

#define FIXTURE_GENERATE draw_on_canvas
#include "fixture_tables.h"

#endif
