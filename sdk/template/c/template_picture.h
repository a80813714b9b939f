#ifndef TEMPLATE_PICTURE_H
#define TEMPLATE_PICTURE_H

#include <stdint.h>

/* The pixels of a gradient whose colours follow from the prompt (not NUL-terminated) and the seed:
 * RGB, rows from the top, without padding. Free them with free(). NULL: not enough memory. */
uint8_t *template_picture(const char *prompt, uint64_t prompt_size, uint64_t seed, uint32_t width,
                          uint32_t height);

#endif
