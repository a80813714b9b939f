#include "template_picture.h"

#include <stdlib.h>

/* The 64-bit FNV-1a hash of the prompt, started from the seed. */
static uint64_t colour_of(const char *prompt, uint64_t prompt_size, uint64_t seed) {
  uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (uint64_t i = 0; i < prompt_size; ++i) hash = (hash ^ (uint8_t)prompt[i]) * 0x100000001b3u;
  return hash;
}

uint8_t *template_picture(const char *prompt, uint64_t prompt_size, uint64_t seed, uint32_t width,
                          uint32_t height) {
  const uint64_t colour = colour_of(prompt, prompt_size, seed);
  uint8_t *const rgb = malloc((size_t)3 * width * height);
  if (rgb == NULL) return NULL;
  uint8_t *to = rgb;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      *to++ = (uint8_t)(colour + 256ull * x / width);
      *to++ = (uint8_t)((colour >> 8) + 256ull * y / height);
      *to++ = (uint8_t)((colour >> 16) + x + y);
    }
  }
  return rgb;
}
