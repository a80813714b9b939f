#pragma once

#include "weights/json_file.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace pictor::diffusion {

// The config.json of a UNet2DConditionModel. Lists have one element per level, outermost first.
struct UNetConfig {
  int64_t in_channels;
  int64_t out_channels;
  std::optional<int64_t> sample_size;  // latent pixels a side of a square picture by default
  std::vector<int64_t> block_out_channels;
  std::vector<int64_t> layers_per_block;
  std::vector<bool> down_attention;  // whether the level's blocks attend to the text
  std::vector<bool> up_attention;    // the same, in the order of the up path: innermost first
  std::vector<int64_t> attention_heads;
  std::vector<int64_t> transformer_layers;
  std::vector<int64_t> cross_attention_dim;
  int64_t norm_num_groups;
  double norm_eps;
  bool flip_sin_to_cos;
  double freq_shift;
  bool use_linear_projection;
  bool upcast_attention;
  // SDXL's text_time embedding: features of one time id, and of the pooled text and all time ids
  // together. Both 0 without it.
  int64_t time_id_features;
  int64_t added_features;

  size_t levels() const { return block_out_channels.size(); }
  int64_t time_features() const { return 4 * block_out_channels.front(); }
};

// Throws Error: unsupported, naming the key, for a feature that is not built; invalid_argument for
// a value that no UNet can have.
UNetConfig read_unet_config(const JsonFile &file);

}  // namespace pictor::diffusion
