#include "autoencoders/autoencoder_kl.hpp"

#include "autoencoders/tiles.hpp"
#include "error.hpp"
#include "layers/heap.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace pictor::diffusion {

AutoencoderKL::AutoencoderKL(AutoencoderConfig config, Weights &weights)
    : config_(std::move(config)),
      conv_in_(WeightScope{weights} / "decoder" / "conv_in", config_.latent_channels,
               config_.block_out_channels.back(), kConv3x3),
      mid_block_(WeightScope{weights} / "decoder" / "mid_block", config_),
      conv_norm_out_(WeightScope{weights} / "decoder" / "conv_norm_out", config_.norm_num_groups,
                     config_.block_out_channels.front(), kVaeNormEps),
      conv_out_(WeightScope{weights} / "decoder" / "conv_out", config_.block_out_channels.front(),
                config_.out_channels, kConv3x3) {
  const WeightScope root{weights};
  if ((root / "encoder" / "conv_in").has("weight")) encoder_.emplace(root, config_);
  if (config_.use_post_quant_conv) {
    post_quant_conv_.emplace(root / "post_quant_conv", config_.latent_channels,
                             config_.latent_channels, kConv1x1);
  }
  const size_t levels = config_.block_out_channels.size();
  int64_t in = config_.block_out_channels.back();
  for (size_t i = 0; i < levels; ++i) {
    const int64_t out = config_.block_out_channels[levels - 1 - i];
    add_up_block(root / "decoder" / "up_blocks" / i, in, out, i + 1 < levels);
    in = out;
  }
  if (!encoder_) weights.ignore("quant_conv.");
  weights.finish();
}

void AutoencoderKL::add_up_block(const WeightScope &scope, int64_t in, int64_t out, bool upsample) {
  UpBlock &block = up_blocks_.emplace_back();
  for (size_t i = 0; i < static_cast<size_t>(config_.layers_per_block) + 1; ++i) {
    block.resnets.emplace_back(scope / "resnets" / i,
                               vae_resnet_shape(config_, i == 0 ? in : out, out));
  }
  if (upsample) block.upsampler.emplace(scope / "upsamplers" / 0, out);
}

at::Tensor AutoencoderKL::unscale(const at::Tensor &latents) const {
  return latents / config_.scaling_factor + config_.shift_factor;
}

at::Tensor AutoencoderKL::scale(const at::Tensor &z) const {
  return (z - config_.shift_factor) * config_.scaling_factor;
}

bool AutoencoderKL::has_tiles() const {
  constexpr int64_t kQuarter = 4;
  return config_.sample_size % (kQuarter * config_.scale()) == 0;
}

void AutoencoderKL::require_tiles() const {
  if (has_tiles()) return;
  throw Error{ErrorKind::unsupported,
              "vae_tiling: the model's vae has a sample_size of " +
                  std::to_string(config_.sample_size) +
                  ", which is no multiple of the pixels of 4 latents",
              "vae_tiling"};
}

at::Tensor AutoencoderKL::decode(const at::Tensor &z, bool tiled) const {
  const TileSize tile{config_.sample_size / config_.scale(), config_.sample_size};
  if (!tiled || std::max(z.size(2), z.size(3)) <= tile.input) return decode_whole(z);
  return in_tiles(z, tile, [&](const at::Tensor &part) { return decode_whole(part); });
}

at::Tensor AutoencoderKL::decode_whole(const at::Tensor &z) const {
  at::Tensor x = z.to(conv_in_.dtype()).contiguous(at::MemoryFormat::ChannelsLast);
  if (post_quant_conv_) x = (*post_quant_conv_)(x);
  x = mid_block_(conv_in_(x));
  for (size_t level = 0; level < up_blocks_.size(); ++level) {
    const UpBlock &block = up_blocks_[level];
    for (const ResnetBlock2D &resnet : block.resnets) x = resnet(x);
    if (!block.upsampler) continue;
    if (is_for_row_stripes(up_blocks_[level + 1].resnets.front(), x)) {
      return decode_stripes({std::exchange(x, {})}, level);
    }
    x = (*block.upsampler)(x, 2 * x.size(2), 2 * x.size(3));
  }
  return conv_out_(conv_norm_out_.activated(x));
}

// From the upsampler of a level on.
at::Tensor AutoencoderKL::decode_stripes(RowStripes x, size_t level) const {
  for (; up_blocks_[level].upsampler; ++level) {
    release_heap();
    x = upsample(*up_blocks_[level].upsampler, std::move(x));
    for (const ResnetBlock2D &resnet : up_blocks_[level + 1].resnets) {
      x = apply(resnet, std::move(x));
    }
  }
  return finish(conv_norm_out_, conv_out_, x);
}

at::Tensor AutoencoderKL::encode(const at::Tensor &pixels, const at::Tensor &noise,
                                 bool tiled) const {
  if (!encoder_) {
    throw Error{ErrorKind::unsupported,
                "the model's vae holds no encoder, so no picture can be given to it", "image"};
  }
  constexpr double kLeastLogVariance = -30, kMostLogVariance = 20;
  const TileSize tile{config_.sample_size, config_.sample_size / config_.scale()};
  const bool whole = !tiled || std::max(pixels.size(2), pixels.size(3)) <= tile.input;
  const at::Tensor encoded = whole ? (*encoder_)(pixels) : in_tiles(pixels, tile, *encoder_);
  const std::vector<at::Tensor> moments = encoded.to(at::kFloat).chunk(2, 1);
  const at::Tensor deviation = at::exp(0.5 * moments[1].clamp(kLeastLogVariance, kMostLogVariance));
  return (moments[0] + deviation * noise).contiguous();
}

}  // namespace pictor::diffusion
