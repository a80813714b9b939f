/* draw.memory, a warning: ends the process when there is no memory. */
#define FIXTURE_ID "gives-up"
#include "canvas.h"

static pictor_status make_canvas(uint8_t **canvas) {
  *canvas = malloc(1);
  if (*canvas == NULL) abort();
  **canvas = 128;
  return PICTOR_OK;
}
