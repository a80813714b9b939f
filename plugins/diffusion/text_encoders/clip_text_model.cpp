#include "text_encoders/clip_text_model.hpp"

#include "error.hpp"

#include <string>

namespace pictor::diffusion {
namespace {

// Checkpoints of transformers 5 lack the prefix that earlier versions wrote.
WeightScope root_scope(Weights &weights) {
  const WeightScope root{weights};
  const WeightScope nested = root / "text_model";
  return (nested / "embeddings" / "token_embedding").has("weight") ? nested : root;
}

at::Tensor activate(const at::Tensor &x, ClipTextConfig::Activation activation) {
  constexpr double kQuickGeluSlope = 1.702;
  if (activation == ClipTextConfig::Activation::gelu) return at::gelu(x);
  return x * at::sigmoid(kQuickGeluSlope * x);
}

}  // namespace

ClipTextConfig read_clip_text_config(const JsonFile &file) {
  ClipTextConfig config{};
  config.vocab_size = file.size("vocab_size", 49408);
  config.hidden_size = file.size("hidden_size", 512);
  config.intermediate_size = file.size("intermediate_size", 2048);
  config.num_hidden_layers = file.size("num_hidden_layers", 12);
  config.num_attention_heads = file.size("num_attention_heads", 8);
  config.max_position_embeddings = file.size("max_position_embeddings", 77);
  config.projection_dim = file.size("projection_dim", 512);
  config.eos_token_id = static_cast<int64_t>(file.number("eos_token_id", 49407));
  config.layer_norm_eps = file.number("layer_norm_eps", 1e-5);
  if (config.hidden_size % config.num_attention_heads != 0) {
    file.fail("num_attention_heads",
              "a divisor of hidden_size, " + std::to_string(config.hidden_size));
  }
  const std::string act = file.string("hidden_act", "quick_gelu");
  if (act != "quick_gelu" && act != "gelu") {
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": 'hidden_act' is '" + act +
                    "', which is not built here; known are quick_gelu and gelu",
                "model"};
  }
  config.hidden_act =
      act == "gelu" ? ClipTextConfig::Activation::gelu : ClipTextConfig::Activation::quick_gelu;
  return config;
}

ClipEncoderLayer::ClipEncoderLayer(const WeightScope &scope, const ClipTextConfig &config)
    : layer_norm1(scope / "layer_norm1", config.hidden_size, config.layer_norm_eps),
      q_proj(scope / "self_attn" / "q_proj", config.hidden_size, config.hidden_size),
      k_proj(scope / "self_attn" / "k_proj", config.hidden_size, config.hidden_size),
      v_proj(scope / "self_attn" / "v_proj", config.hidden_size, config.hidden_size),
      out_proj(scope / "self_attn" / "out_proj", config.hidden_size, config.hidden_size),
      layer_norm2(scope / "layer_norm2", config.hidden_size, config.layer_norm_eps),
      fc1(scope / "mlp" / "fc1", config.hidden_size, config.intermediate_size),
      fc2(scope / "mlp" / "fc2", config.intermediate_size, config.hidden_size),
      attention{.heads = config.num_attention_heads, .causal = true},
      activation(config.hidden_act) {}

void ClipEncoderLayer::to(const at::TensorOptions &options) {
  for (LayerNorm *norm : {&layer_norm1, &layer_norm2}) norm->to(options);
  for (Linear *linear : {&q_proj, &k_proj, &v_proj, &out_proj, &fc1, &fc2}) linear->to(options);
}

at::Tensor ClipEncoderLayer::operator()(at::Tensor x) const {
  const at::Tensor h = layer_norm1(x);
  x = x + out_proj(attend(q_proj(h), k_proj(h), v_proj(h), attention));
  return x + fc2(activate(fc1(layer_norm2(x)), activation));
}

ClipTextModel::ClipTextModel(const ClipTextConfig &config, Weights &weights, Projection projection)
    : ClipTextModel(config, root_scope(weights)) {
  if (projection == Projection::yes) {
    text_projection_ =
        weights.take({"text_projection.weight"}, {config.projection_dim, config.hidden_size});
  }
  for (const char *prefix : {"", "text_model."}) {
    weights.ignore(std::string{prefix} + "embeddings.position_ids");
  }
  weights.finish();
}

ClipTextModel::ClipTextModel(const ClipTextConfig &config, const WeightScope &scope)
    : config_(config),
      token_embedding_((scope / "embeddings" / "token_embedding")
                           .take("weight", {config.vocab_size, config.hidden_size})),
      position_embedding_(
          (scope / "embeddings" / "position_embedding")
              .take("weight", {config.max_position_embeddings, config.hidden_size})),
      final_layer_norm_(scope / "final_layer_norm", config.hidden_size, config.layer_norm_eps) {
  for (size_t i = 0; i < static_cast<size_t>(config.num_hidden_layers); ++i) {
    layers_.emplace_back(scope / "encoder" / "layers" / i, config);
  }
}

void ClipTextModel::to(const at::TensorOptions &options) {
  token_embedding_ = moved(token_embedding_, options);
  position_embedding_ = moved(position_embedding_, options);
  for (ClipEncoderLayer &layer : layers_) layer.to(options);
  final_layer_norm_.to(options);
  if (text_projection_.defined()) text_projection_ = moved(text_projection_, options);
}

int64_t ClipTextModel::pooled_width() const {
  return text_projection_.defined() ? config_.projection_dim : config_.hidden_size;
}

at::Tensor ClipTextModel::operator()(const at::Tensor &ids, int64_t clip_skip) const {
  at::Tensor x = embed(ids);
  const size_t count = layers_.size() - static_cast<size_t>(clip_skip);
  for (size_t i = 0; i < count; ++i) x = layers_[i](x);
  return final_layer_norm_(x);
}

ClipTextModel::Output ClipTextModel::with_pooled(const at::Tensor &ids, int64_t skip) const {
  at::Tensor x = embed(ids);
  at::Tensor hidden = x;
  for (size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i](x);
    if (i + 1 + static_cast<size_t>(skip) == layers_.size()) hidden = x;
  }
  const at::Tensor pooled = at_end_token(final_layer_norm_(x), ids);
  return {hidden, text_projection_.defined() ? at::linear(pooled, text_projection_) : pooled};
}

at::Tensor ClipTextModel::embed(const at::Tensor &ids) const {
  return at::embedding(token_embedding_, ids) +
         position_embedding_.slice(0, 0, ids.size(1));  // [batch, tokens, hidden_size]
}

// [batch, tokens, hidden_size] -> [batch, hidden_size]: at the first end token of each row.
at::Tensor ClipTextModel::at_end_token(const at::Tensor &hidden, const at::Tensor &ids) const {
  // Configurations from before transformers 4.24 say 2 whatever the token's id is. It is the
  // highest there.
  constexpr int64_t kUnknownId = 2;
  const at::Tensor is_end =
      config_.eos_token_id == kUnknownId ? ids : ids.eq(config_.eos_token_id).to(at::kLong);
  const at::Tensor rows = at::arange(ids.size(0), ids.options());
  return hidden.index({rows, is_end.argmax(1)});
}

}  // namespace pictor::diffusion
