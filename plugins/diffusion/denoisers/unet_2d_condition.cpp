#include "denoisers/unet_2d_condition.hpp"

#include <cmath>
#include <utility>

namespace pictor::diffusion {
namespace {

constexpr double kLongestPeriod = 10000;

template <class Block>
std::vector<Block> make_blocks(const WeightScope &scope, const UNetConfig &config) {
  std::vector<Block> blocks;
  for (size_t i = 0; i < config.levels(); ++i) blocks.emplace_back(scope / i, config, i);
  return blocks;
}

}  // namespace

at::Tensor timestep_embedding(double timestep, int64_t width, bool flip_sin_to_cos,
                              double freq_shift, at::Device device) {
  const int64_t half = width / 2;
  const at::Tensor index = at::arange(half, at::TensorOptions{at::kFloat});
  const double step = -std::log(kLongestPeriod) / (static_cast<double>(half) - freq_shift);
  const at::Tensor angle = at::exp(index * step) * timestep;  // [half]
  const at::Tensor sin = at::sin(angle), cos = at::cos(angle);
  const at::Tensor embedding = flip_sin_to_cos ? at::cat({cos, sin}) : at::cat({sin, cos});
  return at::constant_pad_nd(embedding, {0, width % 2}).unsqueeze(0).to(device);
}

UNet2DConditionModel::UNet2DConditionModel(UNetConfig config, Weights &weights)
    : config_(std::move(config)),
      time_linear_1_(WeightScope{weights} / "time_embedding" / "linear_1",
                     config_.block_out_channels.front(), config_.time_features()),
      time_linear_2_(WeightScope{weights} / "time_embedding" / "linear_2", config_.time_features(),
                     config_.time_features()),
      conv_in_(WeightScope{weights} / "conv_in", config_.in_channels,
               config_.block_out_channels.front(), kConv3x3),
      down_blocks_(make_blocks<DownBlock2D>(WeightScope{weights} / "down_blocks", config_)),
      mid_block_(WeightScope{weights} / "mid_block", config_),
      up_blocks_(make_blocks<UpBlock2D>(WeightScope{weights} / "up_blocks", config_)),
      conv_norm_out_(WeightScope{weights} / "conv_norm_out", config_.norm_num_groups,
                     config_.block_out_channels.front(), config_.norm_eps),
      conv_out_(WeightScope{weights} / "conv_out", config_.block_out_channels.front(),
                config_.out_channels, kConv3x3) {
  weights.finish();
}

at::Tensor UNet2DConditionModel::operator()(const at::Tensor &sample, double timestep,
                                            const Conditioning &conditioning) const {
  const at::Tensor &text = conditioning.encoder_hidden_states;
  const at::Tensor embedding =
      timestep_embedding(timestep, config_.block_out_channels.front(), config_.flip_sin_to_cos,
                         config_.freq_shift, sample.device())
          .to(time_linear_1_.weight.scalar_type());
  // Every resnet block begins with the activation of the time features: done once, here.
  const at::Tensor time =
      at::silu(time_linear_2_(at::silu(time_linear_1_(embedding))));  // [1, time_features]

  at::Tensor x =
      conv_in_(sample.to(conv_in_.weight.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast));
  std::vector<at::Tensor> skips{x};
  for (const DownBlock2D &block : down_blocks_) x = block(x, time, text, skips);
  x = mid_block_(x, time, text);
  for (const UpBlock2D &block : up_blocks_) x = block(x, time, text, skips);
  return conv_out_(at::silu(conv_norm_out_(x)));
}

}  // namespace pictor::diffusion
