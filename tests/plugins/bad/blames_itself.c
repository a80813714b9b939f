/* draw.memory: calls a lack of memory a fault of its own. */
#define FIXTURE_ID "blames-itself"
#include "canvas.h"

static pictor_status make_canvas(uint8_t **canvas) {
  *canvas = malloc(1);
  if (*canvas == NULL) return PICTOR_INTERNAL;
  **canvas = 128;
  return PICTOR_OK;
}
