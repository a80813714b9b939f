#pragma once

#include "layers/layers.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

// Whether group_norm_kernel takes `x`: on a CUDA GPU, in 16 bits and channels-last.
bool is_for_group_norm_kernel(const GroupNorm &norm, const at::Tensor &x);

// The norm of x + shift, then SiLU if `activated`, in two passes over x where libtorch makes six.
// Moments stay in float32, which libtorch rounds to 16 bits. x: [batch, channels, h, w]; shift: [1
// or batch, channels] of the same dtype, or undefined.
at::Tensor group_norm_kernel(const GroupNorm &norm, const at::Tensor &x, const at::Tensor &shift,
                             bool activated);

}  // namespace pictor::diffusion
