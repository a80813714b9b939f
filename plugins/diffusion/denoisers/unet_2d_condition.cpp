#include "denoisers/unet_2d_condition.hpp"

#include <utility>

namespace pictor::diffusion {
namespace {

// Layers of the outermost level on the way down, and one more on the way up, that are computed at
// every call beside a StepCache.
constexpr size_t kOuterLayers = 1;

template <class Block>
std::vector<Block> make_blocks(const WeightScope &scope, const UNetConfig &config) {
  std::vector<Block> blocks;
  for (size_t i = 0; i < config.levels(); ++i) blocks.emplace_back(scope / i, config, i);
  return blocks;
}

}  // namespace

UNet2DConditionModel::UNet2DConditionModel(UNetConfig config, Weights &weights, Rounding blocks)
    : config_(std::move(config)),
      time_embedding_(WeightScope{weights} / "time_embedding", config_.block_out_channels.front(),
                      config_.time_features()),
      conv_in_(WeightScope{weights} / "conv_in", config_.in_channels,
               config_.block_out_channels.front(), kConv3x3),
      down_blocks_(
          make_blocks<DownBlock2D>(WeightScope{weights}.rounded(blocks) / "down_blocks", config_)),
      mid_block_(WeightScope{weights}.rounded(blocks) / "mid_block", config_),
      up_blocks_(
          make_blocks<UpBlock2D>(WeightScope{weights}.rounded(blocks) / "up_blocks", config_)),
      conv_norm_out_(WeightScope{weights} / "conv_norm_out", config_.norm_num_groups,
                     config_.block_out_channels.front(), config_.norm_eps),
      conv_out_(WeightScope{weights} / "conv_out", config_.block_out_channels.front(),
                config_.out_channels, kConv3x3) {
  if (config_.added_features != 0) {
    add_embedding_.emplace(WeightScope{weights} / "add_embedding", config_.added_features,
                           config_.time_features());
  }
  weights.finish();
}

at::Tensor UNet2DConditionModel::operator()(const at::Tensor &sample, double timestep,
                                            const Conditioning &conditioning) const {
  StepCache all{1};
  return predict(sample, embed_step(timestep, conditioning), conditioning.encoder_hidden_states,
                 all);
}

at::Tensor UNet2DConditionModel::predict(const at::Tensor &sample, const at::Tensor &step,
                                         const at::Tensor &text, StepCache &cache) const {
  at::Tensor x = conv_in_(sample.to(conv_in_.dtype()).contiguous(at::MemoryFormat::ChannelsLast));
  std::vector<at::Tensor> skips{x};
  x = down_blocks_.front().layers(0, kOuterLayers, x, step, text, skips);
  x = cache.inner([&] { return inner_levels(x, step, text, skips); });
  const UpBlock2D &last = up_blocks_.back();
  x = last.layers(last.resnets.size() - kOuterLayers - 1, last.resnets.size(), x, step, text,
                  skips);
  return conv_out_(conv_norm_out_.activated(x));
}

// From the outer layers down, and up again to them.
at::Tensor UNet2DConditionModel::inner_levels(at::Tensor x, const at::Tensor &time,
                                              const at::Tensor &text,
                                              std::vector<at::Tensor> skips) const {
  size_t begin = kOuterLayers;
  for (const DownBlock2D &block : down_blocks_) {
    x = block(x, time, text, skips, std::exchange(begin, 0));
  }
  x = mid_block_(x, time, text);
  const UpBlock2D &last = up_blocks_.back();
  for (const UpBlock2D &block : up_blocks_) {
    if (&block != &last) x = block(x, time, text, skips);
  }
  return last.layers(0, last.resnets.size() - kOuterLayers - 1, x, time, text, skips);
}

at::Tensor UNet2DConditionModel::embed(const at::Tensor &numbers, int64_t width) const {
  return sinusoidal_embedding(numbers, width, config_.flip_sin_to_cos, config_.freq_shift)
      .to(conv_in_.device());
}

// Every resnet block begins with the activation of the time features: done once, here.
at::Tensor UNet2DConditionModel::embed_step(double timestep,
                                            const Conditioning &conditioning) const {
  const at::Tensor time = time_embedding_(
      embed(at::full({1}, timestep, at::kDouble), config_.block_out_channels.front()));
  if (!add_embedding_) return at::silu(time);
  const at::Tensor &ids = conditioning.time_ids;
  const at::Tensor sizes = embed(ids.flatten(), config_.time_id_features).view({ids.size(0), -1});
  return at::silu(time +
                  (*add_embedding_)(at::cat({conditioning.pooled.to(at::kFloat), sizes}, 1)));
}

}  // namespace pictor::diffusion
