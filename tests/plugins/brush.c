#include "brush.h"

uint8_t brush_shade(void) {
  return BRUSH_SHADE;
}
