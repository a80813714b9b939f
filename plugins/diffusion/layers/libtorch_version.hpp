#pragma once

#include <torch/version.h>

// Attention that holds but a few scores at a time, and the RMS norm.
#define PICTOR_FUSED_KERNELS \
  (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4))

// A GPU's memory can be asked after, and given back.
#define PICTOR_DEVICE_ALLOCATOR \
  (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 11))
