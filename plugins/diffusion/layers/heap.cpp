#include "layers/heap.hpp"

#include <cstdint>
#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace pictor::diffusion {

void release_heap() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

void release_pages(const at::Tensor &tensor) {
#if defined(__linux__)
  static const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(tensor.data_ptr());
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t end = (begin + tensor.nbytes()) / page * page;
  if (first < end) ::madvise(reinterpret_cast<void *>(first), end - first, MADV_DONTNEED);
#endif
}

}  // namespace pictor::diffusion
