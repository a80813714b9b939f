#include "template_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void check(int condition, const char *what) {
  if (condition) return;
  printf("FAILED: %s\n", what);
  ++failures;
}

static uint8_t *draw(const char *prompt, uint64_t seed) {
  uint8_t *const picture = template_picture(prompt, strlen(prompt), seed, 32, 16);
  if (picture == NULL) exit(1);
  return picture;
}

int main(void) {
  enum { SIZE = 32 * 16 * 3 };
  uint8_t *const first = draw("a fox", 0), *const again = draw("a fox", 0);
  uint8_t *const other_seed = draw("a fox", 1), *const other_prompt = draw("an owl", 0);
  check(memcmp(first, again, SIZE) == 0, "same prompt and seed, same picture");
  check(memcmp(first, other_seed, SIZE) != 0, "another seed, another picture");
  check(memcmp(first, other_prompt, SIZE) != 0, "another prompt, another picture");
  free(first), free(again), free(other_seed), free(other_prompt);
  printf("%d failed\n", failures);
  return failures == 0 ? 0 : 1;
}
