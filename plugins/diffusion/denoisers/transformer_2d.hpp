#pragma once

#include "layers/attention.hpp"
#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace pictor::diffusion {

// Attention of pixels to each other; diffusers' to_q, to_k and to_v in one matrix.
struct SelfAttention {
  SelfAttention(const WeightScope &scope, int64_t width, const AttentionOptions &options);

  // x: [batch, tokens, width]
  at::Tensor operator()(const at::Tensor &x) const;

  Linear to_qkv, to_out;
  AttentionOptions options;
};

// Attention of pixels to a text; diffusers' to_k and to_v in one matrix.
struct CrossAttention {
  CrossAttention(const WeightScope &scope, int64_t width, int64_t context_width,
                 const AttentionOptions &options);

  // x: [batch, tokens, width]; context: [batch, keys, context_width]
  at::Tensor operator()(const at::Tensor &x, const at::Tensor &context) const;

  Linear to_q, to_kv, to_out;
  AttentionOptions options;
};

// A GELU-gated feed-forward layer of four times the width.
struct GegluFeedForward {
  GegluFeedForward(const WeightScope &scope, int64_t width);

  at::Tensor operator()(const at::Tensor &x) const;

  Linear value, gate, out;  // the first two are diffusers' net.0.proj

 private:
  GegluFeedForward(const std::vector<Linear> &halves, Linear the_out);
};

struct BasicTransformerBlock {
  BasicTransformerBlock(const WeightScope &scope, int64_t width, int64_t context_width,
                        const AttentionOptions &options);

  // x: [batch, tokens, width]; context: [batch, keys, context_width]
  at::Tensor operator()(at::Tensor x, const at::Tensor &context) const;

  LayerNorm norm1;
  SelfAttention attn1;
  LayerNorm norm2;
  CrossAttention attn2;
  LayerNorm norm3;
  GegluFeedForward ff;
};

// Transformer blocks over the pixels of a feature map.
struct Transformer2DModel {
  struct Shape {
    int64_t channels;
    int64_t context_width;
    int64_t norm_groups;
    int64_t depth;
    bool linear_projection;  // how proj_in and proj_out are stored
    AttentionOptions attention;
  };

  Transformer2DModel(const WeightScope &scope, const Shape &shape);

  // x: [batch, channels, h, w]; context: [batch, keys, context_width]
  at::Tensor operator()(const at::Tensor &x, const at::Tensor &context) const;

  GroupNorm norm;
  Linear proj_in;
  std::vector<BasicTransformerBlock> transformer_blocks;
  Linear proj_out;
};

}  // namespace pictor::diffusion
