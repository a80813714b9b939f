#include "denoisers/unet_blocks.hpp"

#include <utility>

namespace pictor::diffusion {
namespace {

ResnetBlock2D::Shape resnet_shape(const UNetConfig &config, int64_t in, int64_t out) {
  return {in, out, config.norm_num_groups, config.norm_eps, config.time_features()};
}

Transformer2DModel::Shape transformer_shape(const UNetConfig &config, size_t level) {
  return {.channels = config.block_out_channels[level],
          .context_width = config.cross_attention_dim[level],
          .norm_groups = config.norm_num_groups,
          .depth = config.transformer_layers[level],
          .linear_projection = config.use_linear_projection,
          .attention = {.heads = config.attention_heads[level],
                        .causal = false,
                        .upcast = config.upcast_attention}};
}

size_t innermost(const UNetConfig &config) {
  return config.levels() - 1;
}

at::Tensor pop(std::vector<at::Tensor> &skips) {
  at::Tensor last = std::move(skips.back());
  skips.pop_back();
  return last;
}

}  // namespace

DownBlock2D::DownBlock2D(const WeightScope &scope, const UNetConfig &config, size_t level) {
  const int64_t out = config.block_out_channels[level];
  int64_t in = config.block_out_channels[level == 0 ? 0 : level - 1];
  for (size_t i = 0; i < static_cast<size_t>(config.layers_per_block[level]); ++i) {
    resnets.emplace_back(scope / "resnets" / i, resnet_shape(config, in, out));
    if (config.down_attention[level]) {
      attentions.emplace_back(scope / "attentions" / i, transformer_shape(config, level));
    }
    in = out;
  }
  if (level != innermost(config)) downsampler.emplace(scope / "downsamplers" / 0, out);
}

at::Tensor DownBlock2D::layers(size_t begin, size_t end, at::Tensor x, const at::Tensor &time,
                               const at::Tensor &text, std::vector<at::Tensor> &skips) const {
  for (size_t i = begin; i < end; ++i) {
    x = resnets[i](x, time);
    if (!attentions.empty()) x = attentions[i](x, text);
    skips.push_back(x);
  }
  return x;
}

at::Tensor DownBlock2D::operator()(at::Tensor x, const at::Tensor &time, const at::Tensor &text,
                                   std::vector<at::Tensor> &skips, size_t begin) const {
  x = layers(begin, resnets.size(), x, time, text, skips);
  if (downsampler) {
    x = (*downsampler)(x);
    skips.push_back(x);
  }
  return x;
}

UNetMidBlock2DCrossAttn::UNetMidBlock2DCrossAttn(const WeightScope &scope, const UNetConfig &config)
    : resnet_in(scope / "resnets" / 0, resnet_shape(config, config.block_out_channels.back(),
                                                    config.block_out_channels.back())),
      attention(scope / "attentions" / 0, transformer_shape(config, innermost(config))),
      resnet_out(scope / "resnets" / 1, resnet_shape(config, config.block_out_channels.back(),
                                                     config.block_out_channels.back())) {}

at::Tensor UNetMidBlock2DCrossAttn::operator()(const at::Tensor &x, const at::Tensor &time,
                                               const at::Tensor &text) const {
  return resnet_out(attention(resnet_in(x, time), text), time);
}

UpBlock2D::UpBlock2D(const WeightScope &scope, const UNetConfig &config, size_t index) {
  const size_t level = innermost(config) - index;
  const int64_t out = config.block_out_channels[level];
  const int64_t below = config.block_out_channels[index == 0 ? level : level + 1];
  const int64_t above = config.block_out_channels[level == 0 ? 0 : level - 1];
  const size_t layers = static_cast<size_t>(config.layers_per_block[level]) + 1;
  for (size_t i = 0; i < layers; ++i) {
    // The skips come back in reverse: the level's own first, what entered the level last.
    const int64_t skip = i + 1 == layers ? above : out;
    const int64_t in = i == 0 ? below : out;
    resnets.emplace_back(scope / "resnets" / i, resnet_shape(config, in + skip, out));
    if (config.up_attention[index]) {
      attentions.emplace_back(scope / "attentions" / i, transformer_shape(config, level));
    }
  }
  if (level != 0) upsampler.emplace(scope / "upsamplers" / 0, out);
}

at::Tensor UpBlock2D::layers(size_t begin, size_t end, at::Tensor x, const at::Tensor &time,
                             const at::Tensor &text, std::vector<at::Tensor> &skips) const {
  for (size_t i = begin; i < end; ++i) {
    x = resnets[i](at::cat({x, pop(skips)}, 1), time);
    if (!attentions.empty()) x = attentions[i](x, text);
  }
  return x;
}

at::Tensor UpBlock2D::operator()(at::Tensor x, const at::Tensor &time, const at::Tensor &text,
                                 std::vector<at::Tensor> &skips) const {
  x = layers(0, resnets.size(), x, time, text, skips);
  // Not always twice the size: a level of odd size was rounded up on the way down.
  if (upsampler) x = (*upsampler)(x, skips.back().size(2), skips.back().size(3));
  return x;
}

}  // namespace pictor::diffusion
