/* draw.memory: draws no more once memory was short. */
#define FIXTURE_ID "never-recovers"
#include "canvas.h"

static int gave_up;

static pictor_status make_canvas(uint8_t **canvas) {
  if (gave_up) return PICTOR_RESOURCE_EXHAUSTED;
  *canvas = malloc(1);
  gave_up = *canvas == NULL;
  if (gave_up) return PICTOR_RESOURCE_EXHAUSTED;
  **canvas = 128;
  return PICTOR_OK;
}
