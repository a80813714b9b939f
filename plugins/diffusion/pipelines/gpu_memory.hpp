#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <optional>

// libtorch keeps the GPU memory that it has once asked for, used or not. It tells of it, and gives
// it back, from 2.11 on; before that, and on a CPU, nothing is known and nothing done.
namespace pictor::diffusion {

// The most bytes that were held at once on `device` since the process began.
std::optional<uint64_t> peak_gpu_bytes(at::Device device);

// The pictures of so many pixels that are worth drawing at once: on a CPU four, on a GPU as many as
// there is memory for, by a rough estimate, up to 16; what is too many is halved later.
size_t automatic_batch_size(at::Device device, int64_t pixels);

// Gives back what nothing uses, to other processes too.
void release_gpu_cache(at::Device device);

}  // namespace pictor::diffusion
