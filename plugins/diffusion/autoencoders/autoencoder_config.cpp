#include "autoencoders/autoencoder_config.hpp"

#include "error.hpp"

#include <string>

namespace pictor::diffusion {
namespace {

// Beyond this many levels a latent pixel would stand for more than 512 picture pixels a side.
constexpr size_t kLevelLimit = 10;

void require_block_types(const JsonFile &file, const std::string &key, const std::string &known) {
  if (!file.has(key)) return;
  for (const std::string &name : file.strings(key)) {
    if (name == known) continue;
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": '" + key + "' names the block type '" + name +
                    "', which is not built here; known is " + known,
                "model"};
  }
}

// One number, or height and width, of which diffusers takes the first.
int64_t read_sample_size(const JsonFile &file) {
  constexpr int64_t kDefault = 32;
  const bool is_list = file.has("sample_size") && file.root().at("sample_size").is_array();
  return is_list ? file.sizes("sample_size").front() : file.size("sample_size", kDefault);
}

}  // namespace

AutoencoderConfig read_autoencoder_config(const JsonFile &file) {
  require_block_types(file, "down_block_types", "DownEncoderBlock2D");
  require_block_types(file, "up_block_types", "UpDecoderBlock2D");
  if (file.size("in_channels", 3) != 3) file.fail("in_channels", "3, for red, green and blue");
  for (const char *key : {"latents_mean", "latents_std"}) {
    if (!file.has(key)) continue;
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": '" + key +
                    "' is given; an autoencoder that normalises latents per channel is not built "
                    "here yet",
                "model"};
  }
  if (const std::string act = file.string("act_fn", "silu"); act != "silu") {
    file.fail("act_fn", "\"silu\", the only activation built here");
  }
  AutoencoderConfig config{};
  config.latent_channels = file.size("latent_channels", 4);
  config.out_channels = file.size("out_channels", 3);
  if (config.out_channels != 3) file.fail("out_channels", "3, for red, green and blue");
  config.block_out_channels = file.sizes("block_out_channels");
  if (config.block_out_channels.size() > kLevelLimit) {
    file.fail("block_out_channels", "a list of at most " + std::to_string(kLevelLimit));
  }
  config.layers_per_block = file.size("layers_per_block", 1);
  config.norm_num_groups = file.size("norm_num_groups", 32);
  config.mid_block_add_attention = file.boolean("mid_block_add_attention", true);
  config.use_quant_conv = file.boolean("use_quant_conv", true);
  config.use_post_quant_conv = file.boolean("use_post_quant_conv", true);
  config.force_upcast = file.boolean("force_upcast", true);
  config.sample_size = read_sample_size(file);
  config.scaling_factor = file.number("scaling_factor", 0.18215);
  if (!(config.scaling_factor > 0)) file.fail("scaling_factor", "a positive number");
  config.shift_factor = file.number("shift_factor", 0);
  return config;
}

}  // namespace pictor::diffusion
