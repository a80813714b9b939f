#pragma once

#include "layers/attention.hpp"
#include "layers/layers.hpp"
#include "weights/json_file.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// The config.json of a CLIPTextModel.
struct ClipTextConfig {
  enum class Activation { quick_gelu, gelu };

  int64_t vocab_size;
  int64_t hidden_size;
  int64_t intermediate_size;
  int64_t num_hidden_layers;
  int64_t num_attention_heads;
  int64_t max_position_embeddings;
  int64_t projection_dim;  // of the pooled vector, where the model projects it
  int64_t eos_token_id;    // what the pooled vector is taken at
  double layer_norm_eps;
  Activation hidden_act;
};

// Throws Error: unsupported for an activation that is not built.
ClipTextConfig read_clip_text_config(const JsonFile &file);

struct ClipEncoderLayer {
  ClipEncoderLayer(const WeightScope &scope, const ClipTextConfig &config);

  void to(const at::TensorOptions &options);

  // x: [batch, tokens, hidden_size]
  at::Tensor operator()(at::Tensor x) const;

  LayerNorm layer_norm1;
  Linear q_proj, k_proj, v_proj, out_proj;
  LayerNorm layer_norm2;
  Linear fc1, fc2;
  AttentionOptions attention;
  ClipTextConfig::Activation activation;
};

// transformers' CLIPTextModel, or CLIPTextModelWithProjection; keys may or may not stand below
// "text_model.".
class ClipTextModel {
 public:
  enum class Projection { no, yes };

  ClipTextModel(const ClipTextConfig &config, Weights &weights,
                Projection projection = Projection::no);

  // Moves the weights to the device and dtype of `options`.
  void to(const at::TensorOptions &options);

  const ClipTextConfig &config() const { return config_; }
  at::Device device() const { return token_embedding_.device(); }
  int64_t pooled_width() const;

  // ids: [batch, tokens] int64, on the device of the weights -> [batch, tokens, hidden_size]: the
  // hidden state `clip_skip` layers before the last, through the final layer norm. `clip_skip` must
  // lie between 0 and num_hidden_layers.
  at::Tensor operator()(const at::Tensor &ids, int64_t clip_skip = 0) const;

  struct Output {
    at::Tensor hidden;  // [batch, tokens, hidden_size]
    at::Tensor pooled;  // [batch, pooled_width()]
  };

  // The hidden state `skip` layers before the last, without the final layer norm, and the last
  // state at the end token, normed and, if the model has the matrix, projected.
  Output with_pooled(const at::Tensor &ids, int64_t skip) const;

 private:
  ClipTextModel(const ClipTextConfig &config, const WeightScope &scope);

  at::Tensor embed(const at::Tensor &ids) const;
  at::Tensor at_end_token(const at::Tensor &hidden, const at::Tensor &ids) const;

  ClipTextConfig config_;
  at::Tensor token_embedding_;     // [vocab_size, hidden_size]
  at::Tensor position_embedding_;  // [max_position_embeddings, hidden_size]
  std::vector<ClipEncoderLayer> layers_;
  LayerNorm final_layer_norm_;
  at::Tensor text_projection_;  // [projection_dim, hidden_size], or undefined
};

}  // namespace pictor::diffusion
