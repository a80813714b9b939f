#pragma once

#include "denoisers/conditioning.hpp"
#include "denoisers/unet_blocks.hpp"
#include "denoisers/unet_config.hpp"
#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <vector>

namespace pictor::diffusion {

// Sines and cosines of `timestep` at `width` / 2 frequencies each: [1, width], float32.
at::Tensor timestep_embedding(double timestep, int64_t width, bool flip_sin_to_cos,
                              double freq_shift, at::Device device);

// diffusers' UNet2DConditionModel in the shapes of Stable Diffusion 1.x and 2.x.
class UNet2DConditionModel {
 public:
  // Takes all its tensors from `weights`; throws Error when they do not fit `config`.
  UNet2DConditionModel(UNetConfig config, Weights &weights);

  const UNetConfig &config() const { return config_; }

  // Predicts noise (or velocity) in `sample`: [batch, in_channels, h, w] -> [batch, out_channels,
  // h, w], in the dtype of the weights. The whole batch is at the same `timestep`.
  at::Tensor operator()(const at::Tensor &sample, double timestep,
                        const Conditioning &conditioning) const;

 private:
  UNetConfig config_;
  Linear time_linear_1_;
  Linear time_linear_2_;
  Conv2d conv_in_;
  std::vector<DownBlock2D> down_blocks_;
  UNetMidBlock2DCrossAttn mid_block_;
  std::vector<UpBlock2D> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace pictor::diffusion
