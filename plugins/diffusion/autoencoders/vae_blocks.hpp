#pragma once

#include "autoencoders/autoencoder_config.hpp"
#include "layers/layers.hpp"
#include "layers/resnet.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

// What the encoder and the decoder of an AutoencoderKL share.
namespace pictor::diffusion {

// diffusers fixes it for the whole autoencoder.
inline constexpr double kVaeNormEps = 1e-6;

ResnetBlock2D::Shape vae_resnet_shape(const AutoencoderConfig &config, int64_t in, int64_t out);

// Self-attention with one head over the pixels of a feature map.
struct AttentionBlock {
  AttentionBlock(const WeightScope &scope, int64_t channels, int64_t norm_groups);

  // x: [batch, channels, h, w]
  at::Tensor operator()(const at::Tensor &x) const;

  GroupNorm group_norm;
  Linear to_q, to_k, to_v, to_out;
};

// diffusers' UNetMidBlock2D, at the innermost level.
struct VaeMidBlock {
  VaeMidBlock(const WeightScope &scope, const AutoencoderConfig &config);

  // x: [batch, channels, h, w]
  at::Tensor operator()(at::Tensor x) const;

  ResnetBlock2D resnet_in;
  std::optional<AttentionBlock> attention;
  ResnetBlock2D resnet_out;
};

}  // namespace pictor::diffusion
