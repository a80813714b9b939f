#include "autoencoders/autoencoder_kl.hpp"

#include "error.hpp"
#include "layers/attention.hpp"

#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

// diffusers fixes it for the whole autoencoder.
constexpr double kNormEps = 1e-6;

// Beyond this many levels a latent pixel would stand for more than 512 picture pixels a side.
constexpr size_t kLevelLimit = 10;

ResnetBlock2D::Shape resnet_shape(const AutoencoderConfig &config, int64_t in, int64_t out) {
  return {in, out, config.norm_num_groups, kNormEps};
}

// Checkpoints from before diffusers 0.15 hold the names on the right.
WeightScope either(const WeightScope &scope, const std::string &name, const std::string &old_name) {
  return (scope / name).has("weight") ? scope / name : scope / old_name;
}

void require_block_types(const JsonFile &file, const std::string &key, const std::string &known) {
  if (!file.has(key)) return;
  for (const std::string &name : file.strings(key)) {
    if (name == known) continue;
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": '" + key + "' names the block type '" + name +
                    "', which is not built here; known is " + known,
                "model"};
  }
}

}  // namespace

AutoencoderConfig read_autoencoder_config(const JsonFile &file) {
  require_block_types(file, "up_block_types", "UpDecoderBlock2D");
  for (const char *key : {"latents_mean", "latents_std"}) {
    if (!file.has(key)) continue;
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": '" + key +
                    "' is given; an autoencoder that normalises latents per channel is not built "
                    "here yet",
                "model"};
  }
  if (const std::string act = file.string("act_fn", "silu"); act != "silu") {
    file.fail("act_fn", "\"silu\", the only activation built here");
  }
  AutoencoderConfig config{};
  config.latent_channels = file.size("latent_channels", 4);
  config.out_channels = file.size("out_channels", 3);
  if (config.out_channels != 3) file.fail("out_channels", "3, for red, green and blue");
  config.block_out_channels = file.sizes("block_out_channels");
  if (config.block_out_channels.size() > kLevelLimit) {
    file.fail("block_out_channels", "a list of at most " + std::to_string(kLevelLimit));
  }
  config.layers_per_block = file.size("layers_per_block", 1);
  config.norm_num_groups = file.size("norm_num_groups", 32);
  config.mid_block_add_attention = file.boolean("mid_block_add_attention", true);
  config.use_post_quant_conv = file.boolean("use_post_quant_conv", true);
  config.scaling_factor = file.number("scaling_factor", 0.18215);
  if (!(config.scaling_factor > 0)) file.fail("scaling_factor", "a positive number");
  config.shift_factor = file.number("shift_factor", 0);
  return config;
}

AttentionBlock::AttentionBlock(const WeightScope &scope, int64_t channels, int64_t norm_groups)
    : group_norm(scope / "group_norm", norm_groups, channels, kNormEps),
      to_q(either(scope, "to_q", "query"), channels, channels),
      to_k(either(scope, "to_k", "key"), channels, channels),
      to_v(either(scope, "to_v", "value"), channels, channels),
      to_out(either(scope, "to_out.0", "proj_attn"), channels, channels) {}

at::Tensor AttentionBlock::operator()(const at::Tensor &x) const {
  const int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  at::Tensor h = group_norm(x).permute({0, 2, 3, 1}).reshape({batch, height * width, channels});
  h = to_out(attend(to_q(h), to_k(h), to_v(h), {}));
  return h.view({batch, height, width, channels}).permute({0, 3, 1, 2}) + x;
}

AutoencoderKL::AutoencoderKL(AutoencoderConfig config, Weights &weights)
    : config_(std::move(config)),
      conv_in_(WeightScope{weights} / "decoder" / "conv_in", config_.latent_channels,
               config_.block_out_channels.back(), kConv3x3),
      mid_resnet_in_(WeightScope{weights} / "decoder" / "mid_block" / "resnets" / 0,
                     resnet_shape(config_, config_.block_out_channels.back(),
                                  config_.block_out_channels.back())),
      mid_resnet_out_(WeightScope{weights} / "decoder" / "mid_block" / "resnets" / 1,
                      resnet_shape(config_, config_.block_out_channels.back(),
                                   config_.block_out_channels.back())),
      conv_norm_out_(WeightScope{weights} / "decoder" / "conv_norm_out", config_.norm_num_groups,
                     config_.block_out_channels.front(), kNormEps),
      conv_out_(WeightScope{weights} / "decoder" / "conv_out", config_.block_out_channels.front(),
                config_.out_channels, kConv3x3) {
  const WeightScope root{weights};
  if (config_.use_post_quant_conv) {
    post_quant_conv_.emplace(root / "post_quant_conv", config_.latent_channels,
                             config_.latent_channels, kConv1x1);
  }
  if (config_.mid_block_add_attention) {
    mid_attention_.emplace(root / "decoder" / "mid_block" / "attentions" / 0,
                           config_.block_out_channels.back(), config_.norm_num_groups);
  }
  const size_t levels = config_.block_out_channels.size();
  int64_t in = config_.block_out_channels.back();
  for (size_t i = 0; i < levels; ++i) {
    const int64_t out = config_.block_out_channels[levels - 1 - i];
    add_up_block(root / "decoder" / "up_blocks" / i, in, out, i + 1 < levels);
    in = out;
  }
  weights.ignore("encoder.");
  weights.ignore("quant_conv.");
  weights.finish();
}

void AutoencoderKL::add_up_block(const WeightScope &scope, int64_t in, int64_t out, bool upsample) {
  UpBlock &block = up_blocks_.emplace_back();
  for (size_t i = 0; i < static_cast<size_t>(config_.layers_per_block) + 1; ++i) {
    block.resnets.emplace_back(scope / "resnets" / i,
                               resnet_shape(config_, i == 0 ? in : out, out));
  }
  if (upsample) block.upsampler.emplace(scope / "upsamplers" / 0, out);
}

at::Tensor AutoencoderKL::unscale(const at::Tensor &latents) const {
  return latents / config_.scaling_factor + config_.shift_factor;
}

at::Tensor AutoencoderKL::decode(const at::Tensor &z) const {
  at::Tensor x = z.to(conv_in_.weight.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
  if (post_quant_conv_) x = (*post_quant_conv_)(x);
  x = mid_resnet_in_(conv_in_(x));
  if (mid_attention_) x = (*mid_attention_)(x);
  x = mid_resnet_out_(x);
  for (const UpBlock &block : up_blocks_) {
    for (const ResnetBlock2D &resnet : block.resnets) x = resnet(x);
    if (block.upsampler) x = (*block.upsampler)(x, 2 * x.size(2), 2 * x.size(3));
  }
  return conv_out_(at::silu(conv_norm_out_(x)));
}

}  // namespace pictor::diffusion
