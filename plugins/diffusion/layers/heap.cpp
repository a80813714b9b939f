#include "layers/heap.hpp"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace pictor::diffusion {

void release_heap() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace pictor::diffusion
