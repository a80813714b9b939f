#pragma once

#include "weights/json_file.hpp"

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// The config.json of an AutoencoderKL.
struct AutoencoderConfig {
  int64_t latent_channels;
  int64_t out_channels;
  std::vector<int64_t> block_out_channels;  // outermost first
  int64_t layers_per_block;
  int64_t norm_num_groups;
  bool mid_block_add_attention;
  bool use_quant_conv;
  bool use_post_quant_conv;
  bool force_upcast;    // float16 is not enough for it; read by the SDXL pipelines alone
  int64_t sample_size;  // pixels a side of a tile
  double scaling_factor;
  double shift_factor;

  // Picture pixels a side of one latent pixel.
  int64_t scale() const { return int64_t{1} << (block_out_channels.size() - 1); }
};

// Throws Error: unsupported for a feature that is not built.
AutoencoderConfig read_autoencoder_config(const JsonFile &file);

}  // namespace pictor::diffusion
