#include "autoencoders/vae_encoder.hpp"

namespace pictor::diffusion {

VaeDownsample::VaeDownsample(const WeightScope &scope, int64_t channels)
    : conv(scope / "conv", channels, channels, {.kernel = 3, .stride = 2, .padding = 0}) {}

at::Tensor VaeDownsample::operator()(const at::Tensor &x) const {
  return conv(at::constant_pad_nd(x, {0, 1, 0, 1}));
}

VaeEncoder::VaeEncoder(const WeightScope &root, const AutoencoderConfig &config)
    : conv_in_(root / "encoder" / "conv_in", 3, config.block_out_channels.front(), kConv3x3),
      mid_block_(root / "encoder" / "mid_block", config),
      conv_norm_out_(root / "encoder" / "conv_norm_out", config.norm_num_groups,
                     config.block_out_channels.back(), kVaeNormEps),
      conv_out_(root / "encoder" / "conv_out", config.block_out_channels.back(),
                2 * config.latent_channels, kConv3x3) {
  int64_t in = config.block_out_channels.front();
  for (size_t level = 0; level < config.block_out_channels.size(); ++level) {
    const WeightScope scope = root / "encoder" / "down_blocks" / level;
    const int64_t out = config.block_out_channels[level];
    DownBlock &block = down_blocks_.emplace_back();
    for (size_t i = 0; i < static_cast<size_t>(config.layers_per_block); ++i) {
      block.resnets.emplace_back(scope / "resnets" / i,
                                 vae_resnet_shape(config, i == 0 ? in : out, out));
    }
    if (level + 1 < config.block_out_channels.size()) {
      block.downsampler.emplace(scope / "downsamplers" / 0, out);
    }
    in = out;
  }
  if (config.use_quant_conv) {
    quant_conv_.emplace(root / "quant_conv", 2 * config.latent_channels, 2 * config.latent_channels,
                        kConv1x1);
  }
}

at::Tensor VaeEncoder::operator()(const at::Tensor &pixels) const {
  at::Tensor x = conv_in_(pixels.to(conv_in_.dtype()).contiguous(at::MemoryFormat::ChannelsLast));
  for (const DownBlock &block : down_blocks_) {
    for (const ResnetBlock2D &resnet : block.resnets) x = resnet(x);
    if (block.downsampler) x = (*block.downsampler)(x);
  }
  x = conv_out_(conv_norm_out_.activated(mid_block_(x)));
  return quant_conv_ ? (*quant_conv_)(x) : x;
}

}  // namespace pictor::diffusion
