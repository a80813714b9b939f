#pragma once

#include "layers/attention.hpp"
#include "layers/layers.hpp"
#include "weights/json_file.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// The config.json of a T5EncoderModel.
struct T5Config {
  int64_t vocab_size;
  int64_t d_model;
  int64_t d_kv;  // the width of one head
  int64_t d_ff;
  int64_t num_layers;
  int64_t num_heads;
  int64_t relative_attention_num_buckets;
  int64_t relative_attention_max_distance;
  double layer_norm_epsilon;
};

// Throws Error: unsupported for a feed-forward layer other than T5 1.1's.
T5Config read_t5_config(const JsonFile &file);

struct T5Block {
  T5Block(const WeightScope &scope, const T5Config &config);

  void to(const at::TensorOptions &options);

  // x: [batch, tokens, d_model]; `attention` holds the heads and the bias of their positions.
  at::Tensor operator()(at::Tensor x, const AttentionOptions &attention) const;

  RMSNorm attention_norm;
  Linear q, k, v, o;
  RMSNorm feed_forward_norm;
  Linear wi_0, wi_1, wo;

 private:
  void widen();
};

// The encoder of T5 1.1 (arXiv:1910.10683), transformers' T5EncoderModel. In float16 the sums
// along the residuals and the last matrix of each block are float32: they exceed float16's range.
class T5EncoderModel {
 public:
  T5EncoderModel(const T5Config &config, Weights &weights);

  // Moves the weights to the device and dtype of `options`.
  void to(const at::TensorOptions &options);

  const T5Config &config() const { return config_; }
  at::Device device() const { return embedding_.device(); }

  // ids: [batch, tokens] int64, on the device of the weights, each below vocab_size ->
  // [batch, tokens, d_model]. Every token sees every other, padding included, as in diffusers.
  at::Tensor operator()(const at::Tensor &ids) const;

 private:
  at::Tensor position_bias(int64_t tokens) const;

  T5Config config_;
  at::Tensor embedding_;                // [vocab_size, d_model]
  at::Tensor relative_attention_bias_;  // [buckets, heads], of the first block and used by all
  std::vector<T5Block> blocks_;
  RMSNorm final_layer_norm_;
};

}  // namespace pictor::diffusion
