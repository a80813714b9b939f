/* What wants-newer is linked with. */
#include <pictor/abi.h>

PICTOR_EXPORT int newer_call(void);

int newer_call(void) {
  return 0;
}
