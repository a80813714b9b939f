#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// Rotates pairs of features by angles that grow with a token's position, so that queries and keys
// meet by their distance (RoPE, arXiv:2104.09864).
struct RotaryEmbedding {
  // positions: [tokens, axes], in any number of dimensions; `axis_widths`: the features, even in
  // number, that turn with each axis.
  RotaryEmbedding(const at::Tensor &positions, const std::vector<int64_t> &axis_widths,
                  at::Device device);

  // x: [batch, tokens, heads * width], width the sum of the axes' -> the same.
  at::Tensor rotate(const at::Tensor &x, int64_t heads) const;

  at::Tensor turns;  // [tokens, 1, width / 2], complex64 of length one
};

}  // namespace pictor::diffusion
