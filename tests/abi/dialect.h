/* What every plugin writes, and every struct once by its size: clang tells of padding in what it
 * has to lay out only. For check_dialects.cmake. */
#include <pictor/abi.h>

PICTOR_MANIFEST("{\"abi\": \"1.0\", \"min_host\": 0}");

#define STRUCT(type)
#define FIELD(type, field)
#define END(type) typedef char bytes_of_##type[sizeof(type)];
#define VALUE(name)
#include "abi_fields.h"
