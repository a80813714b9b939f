#pragma once

#include "denoisers/conditioning.hpp"
#include "denoisers/joint_transformer_block.hpp"
#include "denoisers/rotary_embedding.hpp"
#include "denoisers/time_text_embedding.hpp"
#include "layers/layers.hpp"
#include "weights/json_file.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// The config.json of a FluxTransformer2DModel.
struct FluxTransformerConfig {
  int64_t in_channels;
  int64_t out_channels;
  int64_t num_layers;         // blocks in which picture and text have weights of their own
  int64_t num_single_layers;  // blocks in which they share them
  int64_t attention_head_dim;
  int64_t num_attention_heads;
  int64_t joint_attention_dim;          // the width of the text encoder's states
  int64_t pooled_projection_dim;        // the width of the other's pooled vector
  bool guidance_embeds;                 // the guidance scale is an input of the network
  std::vector<int64_t> axes_dims_rope;  // the features of a head that turn with each axis

  int64_t width() const { return num_attention_heads * attention_head_dim; }
};

// Throws Error for values that do not fit together.
FluxTransformerConfig read_flux_transformer_config(const JsonFile &file);

// Attention and feed-forward side by side, over picture and text together.
struct FluxSingleTransformerBlock {
  FluxSingleTransformerBlock(const WeightScope &scope, int64_t width, int64_t heads);

  // x: [batch, tokens, width]; embedding: [batch, width], already through silu.
  at::Tensor operator()(const at::Tensor &x, const at::Tensor &embedding,
                        const RotaryEmbedding &rotary) const;

  AdaLayerNormZero norm;
  Linear proj_mlp;
  QueryKeyValueProjection attn;
  Linear proj_out;
};

// diffusers' FluxTransformer2DModel: FLUX.1 dev and schnell.
class FluxTransformer2DModel {
 public:
  // Takes all its tensors from `weights`; throws Error when they do not fit `config`.
  // `blocks`: how the weights of its blocks are kept.
  FluxTransformer2DModel(FluxTransformerConfig config, Weights &weights,
                         Rounding blocks = Rounding::none);

  const FluxTransformerConfig &config() const { return config_; }

  // The positions of a run's tokens: those of the text, all at the origin, then the picture's
  // rows * columns.
  RotaryEmbedding positions(int64_t text_tokens, int64_t rows, int64_t columns) const;

  // Predicts the velocity at `sample`: [batch, rows * columns, in_channels] -> [..., out_channels],
  // in the dtype of the weights. The whole batch is at the same `timestep`, which counts to 1.
  at::Tensor operator()(const at::Tensor &sample, double timestep, const Conditioning &conditioning,
                        const RotaryEmbedding &positions) const;

 private:
  FluxTransformerConfig config_;
  Linear x_embedder_;
  Linear context_embedder_;
  TimeTextEmbedding time_text_embed_;
  std::vector<JointTransformerBlock> transformer_blocks_;
  std::vector<FluxSingleTransformerBlock> single_transformer_blocks_;
  AdaLayerNormContinuous norm_out_;
  Linear proj_out_;
};

}  // namespace pictor::diffusion
