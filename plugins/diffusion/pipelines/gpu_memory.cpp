#include "pipelines/gpu_memory.hpp"

#include "layers/libtorch_version.hpp"

#if PICTOR_DEVICE_ALLOCATOR
#include <c10/core/CachingDeviceAllocator.h>
#endif

#include <algorithm>

namespace pictor::diffusion {
namespace {

constexpr size_t kBatchOnCpu = 4;  // larger ones are hardly faster

#if PICTOR_DEVICE_ALLOCATOR

constexpr size_t kMostOnGpu = 16;
constexpr double kShareOfFree = 0.8;
// SDXL's UNet with guidance needs less, its decoder as much: 3 GB for 1024 x 1024.
constexpr double kBytesPerPixel = 3000;

#endif

}  // namespace

#if PICTOR_DEVICE_ALLOCATOR

std::optional<uint64_t> peak_gpu_bytes(at::Device device) {
  if (!device.is_cuda()) return std::nullopt;
  const auto stats = c10::getDeviceAllocator(at::kCUDA)->getDeviceStats(device.index());
  return static_cast<uint64_t>(stats.reserved_bytes[0].peak);  // [0]: of all pools
}

size_t automatic_batch_size(at::Device device, int64_t pixels) {
  if (!device.is_cuda()) return kBatchOnCpu;
  auto *allocator = c10::getDeviceAllocator(at::kCUDA);
  const auto stats = allocator->getDeviceStats(device.index());
  const int64_t cached = stats.reserved_bytes[0].current - stats.allocated_bytes[0].current;
  const auto free = static_cast<int64_t>(allocator->getMemoryInfo(device.index()).first) + cached;
  const double fitting = kShareOfFree * static_cast<double>(free) /
                         (kBytesPerPixel * static_cast<double>(std::max<int64_t>(1, pixels)));
  return std::clamp<size_t>(static_cast<size_t>(fitting), 1, kMostOnGpu);
}

void release_gpu_cache(at::Device device) {
  if (device.is_cuda()) c10::getDeviceAllocator(at::kCUDA)->emptyCache();
}

#else

std::optional<uint64_t> peak_gpu_bytes(at::Device) {
  return std::nullopt;
}

size_t automatic_batch_size(at::Device, int64_t) {
  return kBatchOnCpu;
}

void release_gpu_cache(at::Device) {}

#endif

}  // namespace pictor::diffusion
