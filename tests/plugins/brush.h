/* A library of which there are two of one name, each with a shade of its own. */
#ifndef PICTOR_TESTS_BRUSH_H
#define PICTOR_TESTS_BRUSH_H

#include <pictor/abi.h>

#include <stdint.h>

PICTOR_EXPORT uint8_t brush_shade(void);

#endif
