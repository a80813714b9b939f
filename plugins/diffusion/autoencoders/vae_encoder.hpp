#pragma once

#include "autoencoders/vae_blocks.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace pictor::diffusion {

// Halves height and width. Unlike the unet's, it pads below and to the right alone.
struct VaeDownsample {
  VaeDownsample(const WeightScope &scope, int64_t channels);
  at::Tensor operator()(const at::Tensor &x) const;

  Conv2d conv;
};

// The encoder half of diffusers' AutoencoderKL.
class VaeEncoder {
 public:
  // `root`: the autoencoder's.
  VaeEncoder(const WeightScope &root, const AutoencoderConfig &config);

  // pixels: [batch, 3, h * scale, w * scale], -1 to 1 -> [batch, 2 * latent_channels, h, w]: the
  // mean of each latent, then the logarithm of its variance; in the dtype of the weights.
  at::Tensor operator()(const at::Tensor &pixels) const;

 private:
  struct DownBlock {
    std::vector<ResnetBlock2D> resnets;
    std::optional<VaeDownsample> downsampler;  // all but the innermost level
  };

  Conv2d conv_in_;
  std::vector<DownBlock> down_blocks_;
  VaeMidBlock mid_block_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
  std::optional<Conv2d> quant_conv_;
};

}  // namespace pictor::diffusion
