#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>
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

  // Of the tokens from `begin` up to but not including `end`.
  RotaryEmbedding slice(int64_t begin, int64_t end) const {
    return RotaryEmbedding{turns.slice(0, begin, end)};
  }

  at::Tensor turns;  // [tokens, 1, width / 2], complex64 of length one

 private:
  explicit RotaryEmbedding(at::Tensor the_turns) : turns(std::move(the_turns)) {}
};

}  // namespace pictor::diffusion
