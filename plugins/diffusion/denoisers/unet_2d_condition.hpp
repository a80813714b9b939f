#pragma once

#include "denoisers/conditioning.hpp"
#include "denoisers/unet_blocks.hpp"
#include "denoisers/unet_config.hpp"
#include "layers/layers.hpp"
#include "layers/timestep_embedding.hpp"

#include <ATen/ATen.h>

#include <optional>
#include <vector>

namespace pictor::diffusion {

// diffusers' UNet2DConditionModel in the shapes of Stable Diffusion 1.x, 2.x and XL.
class UNet2DConditionModel {
 public:
  // Takes all its tensors from `weights`; throws Error when they do not fit `config`.
  UNet2DConditionModel(UNetConfig config, Weights &weights);

  const UNetConfig &config() const { return config_; }

  // Predicts noise (or velocity) in `sample`: [batch, in_channels, h, w] -> [batch, out_channels,
  // h, w], in the dtype of the weights. The whole batch is at the same `timestep`. With
  // added_features in the configuration, `conditioning` must hold the pooled text and time ids of
  // as many features.
  at::Tensor operator()(const at::Tensor &sample, double timestep,
                        const Conditioning &conditioning) const;

 private:
  at::Tensor embed(const at::Tensor &numbers, int64_t width) const;
  at::Tensor time_features(double timestep, const Conditioning &conditioning) const;

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
