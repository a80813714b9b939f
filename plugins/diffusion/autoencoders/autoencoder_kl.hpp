#pragma once

#include "autoencoders/autoencoder_config.hpp"
#include "autoencoders/row_stripes.hpp"
#include "autoencoders/vae_blocks.hpp"
#include "autoencoders/vae_encoder.hpp"
#include "layers/layers.hpp"
#include "layers/resnet.hpp"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pictor::diffusion {

// diffusers' AutoencoderKL. A checkpoint may lack the encoder: then it only decodes.
class AutoencoderKL {
 public:
  AutoencoderKL(AutoencoderConfig config, Weights &weights);

  const AutoencoderConfig &config() const { return config_; }
  at::ScalarType dtype() const { return conv_in_.dtype(); }

  // Latents as the denoiser has them to latents as decode() takes them, and back.
  at::Tensor unscale(const at::Tensor &latents) const;
  at::Tensor scale(const at::Tensor &z) const;

  // Whether what is larger than sample_size can be cut into tiles: of sample_size, each with a
  // whole number of latents of which a quarter overlaps.
  bool has_tiles() const;
  // Throws Error (unsupported) when it has none.
  void require_tiles() const;

  // z: [batch, latent_channels, h, w] -> [batch, 3, h * scale, w * scale], about -1 to 1, in the
  // dtype of the weights. `tiled`: in tiles what is larger than one; they must exist.
  at::Tensor decode(const at::Tensor &z, bool tiled = false) const;

  // pixels: [batch, 3, h * scale, w * scale], -1 to 1 -> z, float32: drawn from what the encoder
  // says of each latent, with `noise`, standard normal, of z's shape. `tiled` as above.
  // Throws Error (unsupported) without an encoder.
  at::Tensor encode(const at::Tensor &pixels, const at::Tensor &noise, bool tiled = false) const;

 private:
  struct UpBlock {
    std::vector<ResnetBlock2D> resnets;
    std::optional<Upsample2D> upsampler;
  };

  at::Tensor decode_whole(const at::Tensor &z) const;
  at::Tensor decode_stripes(RowStripes x, size_t level) const;
  void add_up_block(const WeightScope &scope, int64_t in, int64_t out, bool upsample);

  AutoencoderConfig config_;
  std::optional<VaeEncoder> encoder_;
  std::optional<Conv2d> post_quant_conv_;
  Conv2d conv_in_;
  VaeMidBlock mid_block_;
  std::vector<UpBlock> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace pictor::diffusion
