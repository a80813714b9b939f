#pragma once

#include "layers/adaptive_norm.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

// Whether modulated_norm_kernel takes `x`: on a CUDA GPU and in 16 bits.
bool is_for_modulated_norm_kernel(const at::Tensor &x, const Modulation &modulation);

// Modulation::apply in one pass over x where libtorch makes two, and rounded as by libtorch.
at::Tensor modulated_norm_kernel(const at::Tensor &x, const Modulation &modulation, double eps);

}  // namespace pictor::diffusion
