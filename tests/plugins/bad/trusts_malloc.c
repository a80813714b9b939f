/* draw.memory: writes to what it got, whether it got it or not. */
#define FIXTURE_ID "trusts-malloc"
#include "canvas.h"

static pictor_status make_canvas(uint8_t **canvas) {
  *canvas = malloc(1);
  **(uint8_t *volatile *)canvas = 128;
  return PICTOR_OK;
}
