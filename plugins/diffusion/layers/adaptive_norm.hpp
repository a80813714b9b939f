#pragma once

#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

// Layer norms without weights, whose scale and shift are computed from an embedding of time and
// text (adaLN-Zero, arXiv:2212.09748), under diffusers' names.
namespace pictor::diffusion {

// What one sublayer of a block is told. Each: [batch, 1, width].
struct Modulation {
  // The norm of x: [batch, tokens, width], scaled and shifted.
  at::Tensor apply(const at::Tensor &x) const;

  // x and the gated output of the sublayer: [batch, tokens, width] each.
  at::Tensor add(const at::Tensor &x, const at::Tensor &output) const;

  at::Tensor shift;
  at::Tensor scale;
  at::Tensor gate;  // of the sublayer's output
};

// The modulations of all sublayers of a block, from one matrix. diffusers' AdaLayerNormZero with
// two of them, AdaLayerNormZeroSingle with one, SD35AdaLayerNormZeroX with three.
struct AdaLayerNormZero {
  AdaLayerNormZero(const WeightScope &scope, int64_t width, int64_t sublayers);

  // embedding: [batch, width], already through silu.
  std::vector<Modulation> operator()(const at::Tensor &embedding) const;

  Linear linear;
  int64_t sublayers;
};

// A norm without a gate, before the last matrix of a network.
struct AdaLayerNormContinuous {
  AdaLayerNormContinuous(const WeightScope &scope, int64_t width);

  // x: [batch, tokens, width]; embedding as above.
  at::Tensor operator()(const at::Tensor &x, const at::Tensor &embedding) const;

  Linear linear;
};

}  // namespace pictor::diffusion
