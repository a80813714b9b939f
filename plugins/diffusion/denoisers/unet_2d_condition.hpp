#pragma once

#include "denoisers/conditioning.hpp"
#include "denoisers/unet_blocks.hpp"
#include "denoisers/unet_config.hpp"
#include "layers/layers.hpp"
#include "layers/timestep_embedding.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace pictor::diffusion {

// The inner levels of a UNet change little from one call to the next: with an interval of n they
// are computed at the first call and each nth after it, and stand in for themselves between
// (DeepCache, arXiv:2312.00858). An approximation, but for n = 1. One for each drawing.
class StepCache {
 public:
  explicit StepCache(int64_t interval) : interval_(interval) {}

  // What `compute` returns: now, or when it was last called.
  template <class Compute>
  const at::Tensor &inner(const Compute &compute) {
    if (calls_++ % interval_ == 0) inner_ = compute();
    return inner_;
  }

 private:
  int64_t interval_;
  int64_t calls_ = 0;
  at::Tensor inner_;
};

// diffusers' UNet2DConditionModel in the shapes of Stable Diffusion 1.x, 2.x and XL.
class UNet2DConditionModel {
 public:
  // Takes all its tensors from `weights`; throws Error when they do not fit `config`.
  // `blocks`: how the weights of its blocks are kept.
  UNet2DConditionModel(UNetConfig config, Weights &weights, Rounding blocks = Rounding::none);

  const UNetConfig &config() const { return config_; }

  // Predicts noise (or velocity) in `sample`: [batch, in_channels, h, w] -> [batch, out_channels,
  // h, w], in the dtype of the weights. The whole batch is at the same `timestep`. With
  // added_features in the configuration, `conditioning` must hold the pooled text and time ids of
  // as many features.
  at::Tensor operator()(const at::Tensor &sample, double timestep,
                        const Conditioning &conditioning) const;

  // The same in two parts. What it is told of the step, and of the picture but for the text:
  // [1 or batch, time_features].
  at::Tensor embed_step(double timestep, const Conditioning &conditioning) const;

  // The rest, on the device alone. `text`: Conditioning::encoder_hidden_states.
  at::Tensor predict(const at::Tensor &sample, const at::Tensor &step, const at::Tensor &text,
                     StepCache &cache) const;

 private:
  at::Tensor inner_levels(at::Tensor x, const at::Tensor &time, const at::Tensor &text,
                          std::vector<at::Tensor> skips) const;
  at::Tensor embed(const at::Tensor &numbers, int64_t width) const;

  UNetConfig config_;
  TimestepEmbedding time_embedding_;
  std::optional<TimestepEmbedding> add_embedding_;
  Conv2d conv_in_;
  std::vector<DownBlock2D> down_blocks_;
  UNetMidBlock2DCrossAttn mid_block_;
  std::vector<UpBlock2D> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace pictor::diffusion
