#include "denoisers/sd3_transformer.hpp"

#include "error.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

std::vector<bool> read_dual_attention(const JsonFile &file, int64_t layers) {
  std::vector<bool> result(static_cast<size_t>(layers), false);
  const std::string key = "dual_attention_layers";
  if (!file.has(key)) return result;
  const nlohmann::json &value = file.root().at(key);
  const std::string expected = "a list of layers below num_layers, " + std::to_string(layers);
  if (!value.is_array()) file.fail(key, expected);
  for (const nlohmann::json &element : value) {
    const bool is_layer =
        element.is_number_unsigned() && element.get<uint64_t>() < static_cast<uint64_t>(layers);
    if (!is_layer) file.fail(key, expected);
    result[element.get<size_t>()] = true;
  }
  return result;
}

bool read_qk_norm(const JsonFile &file) {
  const std::string norm = file.string("qk_norm", "");
  if (!norm.empty() && norm != "rms_norm") {
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": 'qk_norm' is '" + norm +
                    "', which is not built here; known are rms_norm and null",
                "model"};
  }
  return !norm.empty();
}

}  // namespace

SD3TransformerConfig read_sd3_transformer_config(const JsonFile &file) {
  SD3TransformerConfig config{};
  config.sample_size = file.size("sample_size", 128);
  config.patch_size = file.size("patch_size", 2);
  config.in_channels = file.size("in_channels", 16);
  config.out_channels = file.size("out_channels", 16);
  config.num_layers = file.size("num_layers", 18);
  config.attention_head_dim = file.size("attention_head_dim", 64);
  config.num_attention_heads = file.size("num_attention_heads", 18);
  config.joint_attention_dim = file.size("joint_attention_dim", 4096);
  config.pooled_projection_dim = file.size("pooled_projection_dim", 2048);
  config.pos_embed_max_size = file.size("pos_embed_max_size", 96);
  config.qk_norm = read_qk_norm(file);
  config.dual_attention = read_dual_attention(file, config.num_layers);
  if (file.size("caption_projection_dim", 1152) != config.width()) {
    file.fail("caption_projection_dim",
              "num_attention_heads times attention_head_dim, " + std::to_string(config.width()));
  }
  return config;
}

SD3Transformer2DModel::SD3Transformer2DModel(SD3TransformerConfig config, Weights &weights,
                                             Rounding blocks)
    : config_(std::move(config)),
      pos_embed_((WeightScope{weights} / "pos_embed")
                     .take("pos_embed", {1, config_.pos_embed_max_size * config_.pos_embed_max_size,
                                         config_.width()})),
      proj_(WeightScope{weights} / "pos_embed" / "proj", config_.in_channels, config_.width(),
            {config_.patch_size, config_.patch_size, 0}),
      time_text_embed_(WeightScope{weights} / "time_text_embed",
                       {config_.pooled_projection_dim, config_.width(), false}),
      context_embedder_(WeightScope{weights} / "context_embedder", config_.joint_attention_dim,
                        config_.width()),
      norm_out_(WeightScope{weights} / "norm_out", config_.width()),
      proj_out_(WeightScope{weights} / "proj_out", config_.width(),
                config_.patch_size * config_.patch_size * config_.out_channels) {
  const auto layers = static_cast<size_t>(config_.num_layers);
  for (size_t i = 0; i < layers; ++i) {
    transformer_blocks_.emplace_back(
        WeightScope{weights}.rounded(blocks) / "transformer_blocks" / i,
        JointTransformerBlock::Shape{.width = config_.width(),
                                     .heads = config_.num_attention_heads,
                                     .qk_norm = config_.qk_norm,
                                     .dual_attention = config_.dual_attention[i],
                                     .context_pre_only = i + 1 == layers});
  }
  weights.finish();
}

// The middle of the table of positions: [1, rows * columns, width].
at::Tensor SD3Transformer2DModel::cropped_positions(int64_t rows, int64_t columns) const {
  const int64_t side = config_.pos_embed_max_size;
  const int64_t top = (side - rows) / 2, left = (side - columns) / 2;
  return pos_embed_.view({1, side, side, config_.width()})
      .slice(1, top, top + rows)
      .slice(2, left, left + columns)
      .reshape({1, rows * columns, config_.width()});
}

at::Tensor SD3Transformer2DModel::operator()(const at::Tensor &sample, double timestep,
                                             const Conditioning &conditioning,
                                             const std::vector<int64_t> &skipped) const {
  const int64_t batch = sample.size(0), patch = config_.patch_size;
  const int64_t rows = sample.size(2) / patch, columns = sample.size(3) / patch;
  const at::ScalarType dtype = proj_.dtype();
  const at::Tensor embedding = time_text_embed_(
      at::full({1}, timestep, at::TensorOptions{proj_.device()}.dtype(at::kFloat)), conditioning);

  const at::Tensor patches = proj_(sample.to(dtype).contiguous(at::MemoryFormat::ChannelsLast));
  TokenStreams tokens{patches.flatten(2).transpose(1, 2) + cropped_positions(rows, columns),
                      context_embedder_(conditioning.encoder_hidden_states.to(dtype))};
  for (int64_t i = 0; i < config_.num_layers; ++i) {
    if (std::find(skipped.begin(), skipped.end(), i) != skipped.end()) continue;
    tokens = transformer_blocks_[static_cast<size_t>(i)](tokens, embedding);
  }
  return proj_out_(norm_out_(tokens.image, embedding))
      .view({batch, rows, columns, patch, patch, config_.out_channels})
      .permute({0, 5, 1, 3, 2, 4})
      .reshape({batch, config_.out_channels, rows * patch, columns * patch});
}

}  // namespace pictor::diffusion
