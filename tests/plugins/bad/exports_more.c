/* elf.exports: its own word for the host reaches every other plugin. */
#include "fixture.h"

PICTOR_EXPORT const char *shared_word(void);
const char *shared_word(void) {
  return "everybody's";
}

#define FIXTURE_ID "exports-more"
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
