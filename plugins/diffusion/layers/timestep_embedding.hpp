#pragma once

#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <cstdint>

// How a network is told numbers: a time, a guidance scale, sizes.
namespace pictor::diffusion {

// Sines and cosines of each of `numbers`, [n], at `width` / 2 frequencies: [n, width], float32.
at::Tensor sinusoidal_embedding(const at::Tensor &numbers, int64_t width, bool flip_sin_to_cos,
                                double freq_shift);

// Two layers on top of an embedding: diffusers' TimestepEmbedding and PixArtAlphaTextProjection.
struct TimestepEmbedding {
  TimestepEmbedding(const WeightScope &scope, int64_t in, int64_t out);

  // x: [rows, in], of any dtype -> [rows, out]
  at::Tensor operator()(const at::Tensor &x) const;

  Linear linear_1, linear_2;
};

}  // namespace pictor::diffusion
