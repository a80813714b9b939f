#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

namespace pictor::diffusion {

struct AttentionOptions {
  int64_t heads = 1;
  bool causal = false;            // a query sees the keys up to its own position
  bool upcast = false;            // scores and softmax in float32, whatever the dtype of the inputs
  std::optional<double> scale{};  // of q k^T; 1 / sqrt(width / heads) when not given
  at::Tensor bias{};              // [heads, queries, keys], added to the scores of every batch
};

// Multi-head attention: softmax(q k^T scale + bias) v, head by head.
// q: [batch, queries, width]; k, v: [batch, keys, width] -> [batch, queries, width].
// Exact, and without the whole score matrix in memory when that is large. `width` must be a
// multiple of `heads`.
at::Tensor attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                  const AttentionOptions &options);

}  // namespace pictor::diffusion
