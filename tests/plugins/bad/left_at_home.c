/* The library that missing_library.c does not find. */
#include <pictor/abi.h>

PICTOR_EXPORT int left_at_home(void);
int left_at_home(void) {
  return 0;
}
