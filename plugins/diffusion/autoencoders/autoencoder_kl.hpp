#pragma once

#include "layers/layers.hpp"
#include "layers/resnet.hpp"
#include "weights/json_file.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace pictor::diffusion {

// The config.json of an AutoencoderKL, as far as the decoder needs it.
struct AutoencoderConfig {
  int64_t latent_channels;
  int64_t out_channels;
  std::vector<int64_t> block_out_channels;  // outermost first
  int64_t layers_per_block;
  int64_t norm_num_groups;
  bool mid_block_add_attention;
  bool use_post_quant_conv;
  double scaling_factor;
  double shift_factor;

  // Picture pixels a side of one latent pixel.
  int64_t scale() const { return int64_t{1} << (block_out_channels.size() - 1); }
};

// Throws Error: unsupported for a feature that is not built.
AutoencoderConfig read_autoencoder_config(const JsonFile &file);

// Self-attention with one head over the pixels of a feature map.
struct AttentionBlock {
  AttentionBlock(const WeightScope &scope, int64_t channels, int64_t norm_groups);

  // x: [batch, channels, h, w]
  at::Tensor operator()(const at::Tensor &x) const;

  GroupNorm group_norm;
  Linear to_q, to_k, to_v, to_out;
};

// The decoder half of diffusers' AutoencoderKL. The encoder's weights are not loaded.
class AutoencoderKL {
 public:
  AutoencoderKL(AutoencoderConfig config, Weights &weights);

  const AutoencoderConfig &config() const { return config_; }

  // Latents as the denoiser has them to latents as decode() takes them.
  at::Tensor unscale(const at::Tensor &latents) const;

  // z: [batch, latent_channels, h, w] -> [batch, 3, h * scale, w * scale], about -1 to 1, in the
  // dtype of the weights.
  at::Tensor decode(const at::Tensor &z) const;

 private:
  struct UpBlock {
    std::vector<ResnetBlock2D> resnets;
    std::optional<Upsample2D> upsampler;
  };

  void add_up_block(const WeightScope &scope, int64_t in, int64_t out, bool upsample);

  AutoencoderConfig config_;
  std::optional<Conv2d> post_quant_conv_;
  Conv2d conv_in_;
  ResnetBlock2D mid_resnet_in_;
  std::optional<AttentionBlock> mid_attention_;
  ResnetBlock2D mid_resnet_out_;
  std::vector<UpBlock> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace pictor::diffusion
