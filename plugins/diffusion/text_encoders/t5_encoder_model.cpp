#include "text_encoders/t5_encoder_model.hpp"

#include "error.hpp"

#include <cmath>
#include <string>

namespace pictor::diffusion {
namespace {

// The embedding under either of its two names; the other may hold the same tensor again.
at::Tensor take_embedding(Weights &weights, const T5Config &config) {
  const WeightScope root{weights};
  const bool shared = (root / "shared").has("weight");
  const WeightScope scope = shared ? root / "shared" : root / "encoder" / "embed_tokens";
  const at::Tensor embedding = scope.take("weight", {config.vocab_size, config.d_model});
  if (shared) weights.ignore("encoder.embed_tokens.");
  return embedding;
}

// Distances from each query to each key, in buckets that widen with the distance: half of them for
// keys before the query, half for those after. [queries, keys] int64.
at::Tensor relative_buckets(int64_t tokens, const T5Config &config) {
  const int64_t buckets = config.relative_attention_num_buckets / 2, exact = buckets / 2;
  const at::Tensor position = at::arange(tokens);
  const at::Tensor distance = position.unsqueeze(0) - position.unsqueeze(1);
  const at::Tensor length = distance.abs();
  const double scale = std::log(static_cast<double>(config.relative_attention_max_distance) /
                                static_cast<double>(exact));
  const at::Tensor far = exact + (at::log(length.to(at::kFloat) / exact) / scale *
                                  static_cast<double>(buckets - exact))
                                     .clamp_min(0)
                                     .to(at::kLong)
                                     .clamp_max(buckets - 1 - exact);
  return (distance > 0).to(at::kLong) * buckets + at::where(length < exact, length, far);
}

}  // namespace

T5Config read_t5_config(const JsonFile &file) {
  const std::string feed_forward = file.string("feed_forward_proj", "relu");
  if (feed_forward != "gated-gelu") {
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": 'feed_forward_proj' is '" + feed_forward +
                    "', which is not built here; known is gated-gelu",
                "model"};
  }
  T5Config config{};
  config.vocab_size = file.size("vocab_size", 32128);
  config.d_model = file.size("d_model", 512);
  config.d_kv = file.size("d_kv", 64);
  config.d_ff = file.size("d_ff", 2048);
  config.num_layers = file.size("num_layers", 6);
  config.num_heads = file.size("num_heads", 8);
  config.relative_attention_num_buckets = file.size("relative_attention_num_buckets", 32);
  config.relative_attention_max_distance = file.size("relative_attention_max_distance", 128);
  config.layer_norm_epsilon = file.number("layer_norm_epsilon", 1e-6);
  if (config.relative_attention_num_buckets % 4 != 0) {
    file.fail("relative_attention_num_buckets", "a multiple of 4");
  }
  if (config.relative_attention_max_distance <= config.relative_attention_num_buckets / 4) {
    file.fail("relative_attention_max_distance", "more than a quarter of the buckets");
  }
  return config;
}

T5Block::T5Block(const WeightScope &scope, const T5Config &config)
    : attention_norm(scope / "layer" / 0 / "layer_norm", config.d_model, config.layer_norm_epsilon),
      q(scope / "layer" / 0 / "SelfAttention" / "q", config.d_model, config.num_heads * config.d_kv,
        Bias::no),
      k(scope / "layer" / 0 / "SelfAttention" / "k", config.d_model, config.num_heads * config.d_kv,
        Bias::no),
      v(scope / "layer" / 0 / "SelfAttention" / "v", config.d_model, config.num_heads * config.d_kv,
        Bias::no),
      o(scope / "layer" / 0 / "SelfAttention" / "o", config.num_heads * config.d_kv, config.d_model,
        Bias::no),
      feed_forward_norm(scope / "layer" / 1 / "layer_norm", config.d_model,
                        config.layer_norm_epsilon),
      wi_0(scope / "layer" / 1 / "DenseReluDense" / "wi_0", config.d_model, config.d_ff, Bias::no),
      wi_1(scope / "layer" / 1 / "DenseReluDense" / "wi_1", config.d_model, config.d_ff, Bias::no),
      wo(scope / "layer" / 1 / "DenseReluDense" / "wo", config.d_ff, config.d_model, Bias::no) {
  widen();
}

void T5Block::to(const at::TensorOptions &options) {
  for (RMSNorm *norm : {&attention_norm, &feed_forward_norm}) norm->to(options);
  for (Linear *linear : {&q, &k, &v, &o, &wi_0, &wi_1, &wo}) linear->to(options);
  widen();
}

void T5Block::widen() {
  if (wo.dtype() == at::kHalf) wo.to(wo.options().dtype(at::kFloat));
}

at::Tensor T5Block::operator()(at::Tensor x, const AttentionOptions &attention) const {
  at::Tensor h = attention_norm(x);
  x = x + o(attend(q(h), k(h), v(h), attention));
  h = feed_forward_norm(x);
  return x + wo((wi_0(h, Activation::gelu_tanh) * wi_1(h)).to(wo.dtype()));
}

T5EncoderModel::T5EncoderModel(const T5Config &config, Weights &weights)
    : config_(config),
      embedding_(take_embedding(weights, config)),
      relative_attention_bias_(
          (WeightScope{weights} / "encoder" / "block" / 0 / "layer" / 0 / "SelfAttention" /
           "relative_attention_bias")
              .take("weight", {config.relative_attention_num_buckets, config.num_heads})),
      final_layer_norm_(WeightScope{weights} / "encoder" / "final_layer_norm", config.d_model,
                        config.layer_norm_epsilon) {
  for (size_t i = 0; i < static_cast<size_t>(config.num_layers); ++i) {
    blocks_.emplace_back(WeightScope{weights} / "encoder" / "block" / i, config);
  }
  weights.finish();
}

void T5EncoderModel::to(const at::TensorOptions &options) {
  embedding_ = moved(embedding_, options);
  relative_attention_bias_ = moved(relative_attention_bias_, options);
  for (T5Block &block : blocks_) block.to(options);
  final_layer_norm_.to(options);
}

// [heads, tokens, tokens]
at::Tensor T5EncoderModel::position_bias(int64_t tokens) const {
  const at::Tensor buckets = relative_buckets(tokens, config_).to(device());
  return at::embedding(relative_attention_bias_, buckets).permute({2, 0, 1}).contiguous();
}

at::Tensor T5EncoderModel::operator()(const at::Tensor &ids) const {
  const AttentionOptions attention{
      .heads = config_.num_heads, .scale = 1, .bias = position_bias(ids.size(1))};
  at::Tensor x = at::embedding(embedding_, ids);  // [batch, tokens, d_model]
  if (x.scalar_type() == at::kHalf) x = x.to(at::kFloat);
  for (const T5Block &block : blocks_) x = block(x, attention);
  return final_layer_norm_(x);
}

}  // namespace pictor::diffusion
