/* A library that is called as the system's own one. */
#include <pictor/abi.h>

PICTOR_EXPORT double j0(double x);
double j0(double x) {
  return x;
}
