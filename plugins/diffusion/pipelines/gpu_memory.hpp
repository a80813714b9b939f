#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

// libtorch keeps the GPU memory that it has once asked for, used or not. It tells of it, and gives
// it back, from 2.9 on; before that, and on a CPU, nothing is known and nothing done.
namespace pictor::diffusion {

// The most bytes that were held at once on `device` since the process began.
std::optional<uint64_t> peak_gpu_bytes(at::Device device);

// Gives back what nothing uses, to other processes too.
void release_gpu_cache(at::Device device);

}  // namespace pictor::diffusion
