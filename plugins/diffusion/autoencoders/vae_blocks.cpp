#include "autoencoders/vae_blocks.hpp"

#include "layers/attention.hpp"

#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

// Checkpoints from before diffusers 0.15 hold the names on the right.
WeightScope either(const WeightScope &scope, const std::string &name, const std::string &old_name) {
  return (scope / name).has("weight") ? scope / name : scope / old_name;
}

ResnetBlock2D make_mid_resnet(const WeightScope &scope, const AutoencoderConfig &config) {
  const int64_t channels = config.block_out_channels.back();
  return {scope, vae_resnet_shape(config, channels, channels)};
}

}  // namespace

ResnetBlock2D::Shape vae_resnet_shape(const AutoencoderConfig &config, int64_t in, int64_t out) {
  return {in, out, config.norm_num_groups, kVaeNormEps};
}

AttentionBlock::AttentionBlock(const WeightScope &scope, int64_t channels, int64_t norm_groups)
    : group_norm(scope / "group_norm", norm_groups, channels, kVaeNormEps),
      to_q(either(scope, "to_q", "query"), channels, channels),
      to_k(either(scope, "to_k", "key"), channels, channels),
      to_v(either(scope, "to_v", "value"), channels, channels),
      to_out(either(scope, "to_out.0", "proj_attn"), channels, channels) {}

at::Tensor AttentionBlock::operator()(const at::Tensor &x) const {
  const int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  at::Tensor h = group_norm(x).permute({0, 2, 3, 1}).reshape({batch, height * width, channels});
  h = to_out(attend(to_q(h), to_k(h), to_v(h), {}));
  return h.view({batch, height, width, channels}).permute({0, 3, 1, 2}).add_(x);
}

VaeMidBlock::VaeMidBlock(const WeightScope &scope, const AutoencoderConfig &config)
    : resnet_in(make_mid_resnet(scope / "resnets" / 0, config)),
      resnet_out(make_mid_resnet(scope / "resnets" / 1, config)) {
  if (config.mid_block_add_attention) {
    attention.emplace(scope / "attentions" / 0, config.block_out_channels.back(),
                      config.norm_num_groups);
  }
}

at::Tensor VaeMidBlock::operator()(at::Tensor x) const {
  x = resnet_in(x);
  if (attention) x = (*attention)(x);
  return resnet_out(x);
}

}  // namespace pictor::diffusion
