#pragma once

#include "denoisers/rotary_embedding.hpp"
#include "layers/adaptive_norm.hpp"
#include "layers/attention.hpp"
#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

// The parts that the transformers of SD 3 (MMDiT, arXiv:2403.03206) and FLUX share, under
// diffusers' names.
namespace pictor::diffusion {

// Queries, keys and values of some tokens: [batch, tokens, width] each.
struct QueryKeyValue {
  at::Tensor q, k, v;
};

struct QueryKeyValueProjection {
  struct Names {
    const char *q, *k, *v, *norm_q, *norm_k;
  };
  static constexpr Names kOwn{"to_q", "to_k", "to_v", "norm_q", "norm_k"};
  static constexpr Names kAdded{"add_q_proj", "add_k_proj", "add_v_proj", "norm_added_q",
                                "norm_added_k"};
  struct Shape {
    int64_t width;
    int64_t heads;
    bool qk_norm;  // each head of queries and keys through an RMS norm
  };

  QueryKeyValueProjection(const WeightScope &scope, const Names &names, const Shape &shape);

  // With `rotary`, queries and keys are turned by the positions of the tokens.
  QueryKeyValue operator()(const at::Tensor &x, const RotaryEmbedding *rotary) const;

  Linear to_qkv;  // diffusers' three in one
  std::optional<RMSNorm> norm_q, norm_k;
  int64_t heads;
};

at::Tensor attend(const QueryKeyValue &tokens, int64_t heads);

struct FeedForward {
  FeedForward(const WeightScope &scope, int64_t width);

  // x: [..., width]
  at::Tensor operator()(const at::Tensor &x) const;

  Linear proj;  // net.0.proj
  Linear out;   // net.2
};

// The tokens of picture and text, [batch, tokens, width] each.
struct TokenStreams {
  at::Tensor image;
  at::Tensor text;
};

// One block in which picture and text have weights of their own and attend to each other:
// diffusers' JointTransformerBlock and FluxTransformerBlock.
struct JointTransformerBlock {
  struct Shape {
    int64_t width;
    int64_t heads;
    bool qk_norm;
    bool dual_attention;    // the picture attends to itself a second time
    bool context_pre_only;  // the text is attended to, and not computed further
  };

  JointTransformerBlock(const WeightScope &scope, const Shape &shape);

  // embedding: [batch, width], already through silu. With `rotary`, its positions are the text's,
  // then the picture's. The text that comes back is undefined in a block of context_pre_only.
  TokenStreams operator()(const TokenStreams &tokens, const at::Tensor &embedding,
                          const RotaryEmbedding *rotary = nullptr) const;

 private:
  // What is done to the text after it was attended to.
  struct ContextPath {
    Linear to_add_out;
    FeedForward ff_context;
  };

  int64_t heads_;
  AdaLayerNormZero norm1_;
  std::optional<AdaLayerNormZero> norm1_context_;
  std::optional<AdaLayerNormContinuous> norm1_context_pre_only_;
  QueryKeyValueProjection attn_;
  QueryKeyValueProjection attn_context_;
  Linear to_out_;
  std::optional<QueryKeyValueProjection> attn2_;
  std::optional<Linear> attn2_to_out_;
  FeedForward ff_;
  std::optional<ContextPath> context_path_;
};

// Draws values that float16 cannot hold back to its largest.
at::Tensor clamp_to_half(const at::Tensor &x);

}  // namespace pictor::diffusion
