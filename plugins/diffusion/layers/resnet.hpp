#pragma once

#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

// The convolutional parts that UNet and VAE share, under diffusers' names.
namespace pictor::diffusion {

// Two convolutions around a residual; with time features, those shift the hidden channels. Only the
// two are rounded with their scope.
struct ResnetBlock2D {
  struct Shape {
    int64_t in;
    int64_t out;
    int64_t norm_groups;
    double norm_eps;
    int64_t time_features = 0;  // 0: a block without time
  };

  ResnetBlock2D(const WeightScope &scope, const Shape &shape);

  // x: [batch, in, h, w] -> [batch, out, h, w]. time: [1 or batch, time_features], already through
  // the activation; undefined for a block without time.
  at::Tensor operator()(const at::Tensor &x, const at::Tensor &time = {}) const;

  GroupNorm norm1;
  Conv2d conv1;
  std::optional<Linear> time_emb_proj;
  GroupNorm norm2;
  Conv2d conv2;
  std::optional<Conv2d> conv_shortcut;  // where in and out differ
};

// Halves height and width, rounding up.
struct Downsample2D {
  Downsample2D(const WeightScope &scope, int64_t channels);
  at::Tensor operator()(const at::Tensor &x) const;

  Conv2d conv;
};

// Repeats pixels to `height` x `width`, then smooths.
struct Upsample2D {
  Upsample2D(const WeightScope &scope, int64_t channels);
  at::Tensor operator()(const at::Tensor &x, int64_t height, int64_t width) const;

  Conv2d conv;
};

}  // namespace pictor::diffusion
