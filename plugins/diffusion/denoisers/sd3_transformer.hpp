#pragma once

#include "denoisers/conditioning.hpp"
#include "denoisers/joint_transformer_block.hpp"
#include "denoisers/time_text_embedding.hpp"
#include "layers/layers.hpp"
#include "weights/json_file.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// The config.json of an SD3Transformer2DModel.
struct SD3TransformerConfig {
  int64_t sample_size;  // latent pixels a side of a square picture by default
  int64_t patch_size;
  int64_t in_channels;
  int64_t out_channels;
  int64_t num_layers;
  int64_t attention_head_dim;
  int64_t num_attention_heads;
  int64_t joint_attention_dim;    // the width of the text encoders' states
  int64_t pooled_projection_dim;  // the width of their pooled vectors together
  int64_t pos_embed_max_size;     // patches a side of the largest picture
  bool qk_norm;
  std::vector<bool> dual_attention;  // of each layer

  int64_t width() const { return num_attention_heads * attention_head_dim; }
};

// Throws Error: unsupported for a feature that is not built.
SD3TransformerConfig read_sd3_transformer_config(const JsonFile &file);

// diffusers' SD3Transformer2DModel: Stable Diffusion 3 and 3.5.
class SD3Transformer2DModel {
 public:
  // Takes all its tensors from `weights`; throws Error when they do not fit `config`.
  // `blocks`: how the weights of its blocks are kept.
  SD3Transformer2DModel(SD3TransformerConfig config, Weights &weights,
                        Rounding blocks = Rounding::none);

  const SD3TransformerConfig &config() const { return config_; }

  // Predicts the velocity at `sample`: [batch, in_channels, h, w] -> [batch, out_channels, h, w],
  // in the dtype of the weights. h and w must be multiples of patch_size, of at most
  // pos_embed_max_size patches. The whole batch is at the same `timestep`, which counts to 1000.
  // `skipped`: blocks that are left out.
  at::Tensor operator()(const at::Tensor &sample, double timestep, const Conditioning &conditioning,
                        const std::vector<int64_t> &skipped = {}) const;

 private:
  at::Tensor cropped_positions(int64_t rows, int64_t columns) const;

  SD3TransformerConfig config_;
  at::Tensor pos_embed_;  // [1, pos_embed_max_size^2, width]
  Conv2d proj_;
  TimeTextEmbedding time_text_embed_;
  Linear context_embedder_;
  std::vector<JointTransformerBlock> transformer_blocks_;
  AdaLayerNormContinuous norm_out_;
  Linear proj_out_;
};

}  // namespace pictor::diffusion
