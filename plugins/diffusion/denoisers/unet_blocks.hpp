#pragma once

#include "denoisers/transformer_2d.hpp"
#include "denoisers/unet_config.hpp"
#include "layers/resnet.hpp"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

// The blocks of a UNet2DConditionModel. In all of them
//   x: [batch, channels, h, w], time: [1 or batch, time_features] through the activation,
//   text: [batch, tokens, cross_attention_dim].
namespace pictor::diffusion {

// CrossAttnDownBlock2D, or DownBlock2D where `attentions` is empty.
struct DownBlock2D {
  DownBlock2D(const WeightScope &scope, const UNetConfig &config, size_t level);

  // Appends what the up path will take back to `skips`. The layers before `begin` are done already.
  at::Tensor operator()(at::Tensor x, const at::Tensor &time, const at::Tensor &text,
                        std::vector<at::Tensor> &skips, size_t begin = 0) const;

  // The layers from `begin` up to but not including `end`.
  at::Tensor layers(size_t begin, size_t end, at::Tensor x, const at::Tensor &time,
                    const at::Tensor &text, std::vector<at::Tensor> &skips) const;

  std::vector<ResnetBlock2D> resnets;
  std::vector<Transformer2DModel> attentions;
  std::optional<Downsample2D> downsampler;  // all but the innermost level
};

struct UNetMidBlock2DCrossAttn {
  UNetMidBlock2DCrossAttn(const WeightScope &scope, const UNetConfig &config);

  at::Tensor operator()(const at::Tensor &x, const at::Tensor &time, const at::Tensor &text) const;

  ResnetBlock2D resnet_in;
  Transformer2DModel attention;
  ResnetBlock2D resnet_out;
};

// CrossAttnUpBlock2D, or UpBlock2D where `attentions` is empty.
struct UpBlock2D {
  // `index` counts the up path: 0 is the innermost level.
  UpBlock2D(const WeightScope &scope, const UNetConfig &config, size_t index);

  // Takes its skips from the end of `skips`.
  at::Tensor operator()(at::Tensor x, const at::Tensor &time, const at::Tensor &text,
                        std::vector<at::Tensor> &skips) const;

  // The layers from `begin` up to but not including `end`.
  at::Tensor layers(size_t begin, size_t end, at::Tensor x, const at::Tensor &time,
                    const at::Tensor &text, std::vector<at::Tensor> &skips) const;

  std::vector<ResnetBlock2D> resnets;
  std::vector<Transformer2DModel> attentions;
  std::optional<Upsample2D> upsampler;  // all but the outermost level
};

}  // namespace pictor::diffusion
