#include "denoisers/flux_transformer.hpp"

#include <numeric>
#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

constexpr int64_t kMlpRatio = 4;
constexpr double kTimesteps = 1000;
constexpr size_t kAxes = 3;  // time, which a picture lacks, row and column

}  // namespace

FluxTransformerConfig read_flux_transformer_config(const JsonFile &file) {
  FluxTransformerConfig config{};
  if (file.size("patch_size", 1) != 1) file.fail("patch_size", "1: the pipeline makes the patches");
  config.in_channels = file.size("in_channels", 64);
  config.out_channels = file.size("out_channels", config.in_channels);
  config.num_layers = file.size("num_layers", 19);
  config.num_single_layers = file.size("num_single_layers", 38);
  config.attention_head_dim = file.size("attention_head_dim", 128);
  config.num_attention_heads = file.size("num_attention_heads", 24);
  config.joint_attention_dim = file.size("joint_attention_dim", 4096);
  config.pooled_projection_dim = file.size("pooled_projection_dim", 768);
  config.guidance_embeds = file.boolean("guidance_embeds", false);
  config.axes_dims_rope =
      file.has("axes_dims_rope") ? file.sizes("axes_dims_rope") : std::vector<int64_t>{16, 56, 56};
  const std::vector<int64_t> &axes = config.axes_dims_rope;
  bool fits = axes.size() == kAxes &&
              std::accumulate(axes.begin(), axes.end(), int64_t{0}) == config.attention_head_dim;
  for (const int64_t width : axes) fits = fits && width % 2 == 0;
  if (!fits) {
    file.fail("axes_dims_rope", "three even widths whose sum is attention_head_dim, " +
                                    std::to_string(config.attention_head_dim));
  }
  return config;
}

FluxSingleTransformerBlock::FluxSingleTransformerBlock(const WeightScope &scope, int64_t width,
                                                       int64_t heads)
    : norm(scope / "norm", width, 1),
      proj_mlp(scope / "proj_mlp", width, kMlpRatio * width),
      attn(scope / "attn", QueryKeyValueProjection::kOwn, {width, heads, true}),
      proj_out(scope / "proj_out", width + kMlpRatio * width, width) {}

at::Tensor FluxSingleTransformerBlock::operator()(const at::Tensor &x, const at::Tensor &embedding,
                                                  const RotaryEmbedding &rotary) const {
  const Modulation modulation = norm(embedding).front();
  const at::Tensor h = modulation.apply(x);
  const at::Tensor attended = attend(attn(h, &rotary), attn.heads);
  const at::Tensor mlp = proj_mlp(h, Activation::gelu_tanh);
  return clamp_to_half(modulation.add(x, proj_out(at::cat({attended, mlp}, 2))));
}

FluxTransformer2DModel::FluxTransformer2DModel(FluxTransformerConfig config, Weights &weights,
                                               Rounding blocks)
    : config_(std::move(config)),
      x_embedder_(WeightScope{weights} / "x_embedder", config_.in_channels, config_.width()),
      context_embedder_(WeightScope{weights} / "context_embedder", config_.joint_attention_dim,
                        config_.width()),
      time_text_embed_(WeightScope{weights} / "time_text_embed",
                       {config_.pooled_projection_dim, config_.width(), config_.guidance_embeds}),
      norm_out_(WeightScope{weights} / "norm_out", config_.width()),
      proj_out_(WeightScope{weights} / "proj_out", config_.width(), config_.out_channels) {
  for (size_t i = 0; i < static_cast<size_t>(config_.num_layers); ++i) {
    transformer_blocks_.emplace_back(
        WeightScope{weights}.rounded(blocks) / "transformer_blocks" / i,
        JointTransformerBlock::Shape{.width = config_.width(),
                                     .heads = config_.num_attention_heads,
                                     .qk_norm = true,
                                     .dual_attention = false,
                                     .context_pre_only = false});
  }
  for (size_t i = 0; i < static_cast<size_t>(config_.num_single_layers); ++i) {
    single_transformer_blocks_.emplace_back(
        WeightScope{weights}.rounded(blocks) / "single_transformer_blocks" / i, config_.width(),
        config_.num_attention_heads);
  }
  weights.finish();
}

RotaryEmbedding FluxTransformer2DModel::positions(int64_t text_tokens, int64_t rows,
                                                  int64_t columns) const {
  const at::Tensor row = at::arange(rows).unsqueeze(1).expand({rows, columns});
  const at::Tensor column = at::arange(columns).unsqueeze(0).expand({rows, columns});
  const at::Tensor picture = at::stack({at::zeros_like(row), row, column}, -1).flatten(0, 1);
  const at::Tensor text = at::zeros({text_tokens, picture.size(1)}, picture.options());
  return {at::cat({text, picture}), config_.axes_dims_rope, x_embedder_.device()};
}

at::Tensor FluxTransformer2DModel::operator()(const at::Tensor &sample, double timestep,
                                              const Conditioning &conditioning,
                                              const RotaryEmbedding &positions) const {
  const at::ScalarType dtype = x_embedder_.dtype();
  // Rounded to the dtype before it is multiplied, as in diffusers.
  const at::Tensor time = at::full({1}, timestep, x_embedder_.options()) * kTimesteps;
  const at::Tensor embedding = time_text_embed_(time, conditioning);
  TokenStreams tokens{x_embedder_(sample.to(dtype)),
                      context_embedder_(conditioning.encoder_hidden_states.to(dtype))};
  for (const JointTransformerBlock &block : transformer_blocks_) {
    tokens = block(tokens, embedding, &positions);
  }
  at::Tensor x = at::cat({tokens.text, tokens.image}, 1);
  for (const FluxSingleTransformerBlock &block : single_transformer_blocks_) {
    x = block(x, embedding, positions);
  }
  return proj_out_(norm_out_(x.slice(1, tokens.text.size(1)), embedding));
}

}  // namespace pictor::diffusion
