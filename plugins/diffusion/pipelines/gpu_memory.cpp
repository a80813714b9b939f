#include "pipelines/gpu_memory.hpp"

#include "layers/libtorch_version.hpp"

#if PICTOR_DEVICE_ALLOCATOR
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace pictor::diffusion {

#if PICTOR_DEVICE_ALLOCATOR

std::optional<uint64_t> peak_gpu_bytes(at::Device device) {
  if (!device.is_cuda()) return std::nullopt;
  const auto stats = c10::getDeviceAllocator(at::kCUDA)->getDeviceStats(device.index());
  const auto &of_both_pools = stats.reserved_bytes.front();
  return static_cast<uint64_t>(of_both_pools.peak);
}

void release_gpu_cache(at::Device device) {
  if (device.is_cuda()) c10::getDeviceAllocator(at::kCUDA)->emptyCache();
}

#else

std::optional<uint64_t> peak_gpu_bytes(at::Device) {
  return std::nullopt;
}

void release_gpu_cache(at::Device) {}

#endif

}  // namespace pictor::diffusion
