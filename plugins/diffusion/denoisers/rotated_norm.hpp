#pragma once

#include "denoisers/rotary_embedding.hpp"
#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <cstdint>

namespace pictor::diffusion {

// Each head of queries or keys through `norm`, if there is one, and then turned by the positions of
// its tokens, if there are any. On a CUDA GPU in one kernel, which rounds as the two do.
// x: [batch, tokens, heads * width] -> the same. `rotary`: of as many tokens.
at::Tensor normalize_and_rotate(const at::Tensor &x, int64_t heads, const RMSNorm *norm,
                                const RotaryEmbedding *rotary);

}  // namespace pictor::diffusion
