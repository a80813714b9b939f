/* What every plugin writes, for check_dialects.cmake. */
#include <pictor/abi.h>

PICTOR_MANIFEST("{\"abi\": \"1.0\", \"min_host\": 0}");
