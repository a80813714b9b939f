#include <pictor/abi.h>

#define KIND(type, name)              \
  _Generic(((type *)0)->name, int32_t \
           : "i32", uint32_t          \
           : "u32", int64_t           \
           : "i64", uint64_t          \
           : "u64", double            \
           : "f64", pictor_str        \
           : "str", default           \
           : "other")

#include "abi_layout.h"
