#include "denoisers/unet_config.hpp"

#include "error.hpp"

#include <array>
#include <string>

namespace pictor::diffusion {
namespace {

// A feature that is not built, and the value of its key that means "off". Null always does.
struct Feature {
  const char *key;
  const char *off;
};

constexpr std::array kFeatures{
    Feature{"act_fn", R"("silu")"},
    Feature{"attention_type", R"("default")"},
    Feature{"center_input_sample", "false"},
    Feature{"class_embed_type", "null"},
    Feature{"class_embeddings_concat", "false"},
    Feature{"conv_in_kernel", "3"},
    Feature{"conv_out_kernel", "3"},
    Feature{"cross_attention_norm", "null"},
    Feature{"downsample_padding", "1"},
    Feature{"dual_cross_attention", "false"},
    Feature{"encoder_hid_dim", "null"},
    Feature{"encoder_hid_dim_type", "null"},
    Feature{"mid_block_only_cross_attention", "false"},
    Feature{"mid_block_scale_factor", "1"},
    Feature{"mid_block_type", R"("UNetMidBlock2DCrossAttn")"},
    Feature{"num_attention_heads", "null"},
    Feature{"num_class_embeds", "null"},
    Feature{"only_cross_attention", "false"},
    Feature{"resnet_out_scale_factor", "1"},
    Feature{"resnet_skip_time_act", "false"},
    Feature{"resnet_time_scale_shift", R"("default")"},
    Feature{"reverse_transformer_layers_per_block", "null"},
    Feature{"time_cond_proj_dim", "null"},
    Feature{"time_embedding_act_fn", "null"},
    Feature{"time_embedding_dim", "null"},
    Feature{"time_embedding_type", R"("positional")"},
    Feature{"timestep_post_act", "null"},
};

void refuse_unbuilt_features(const JsonFile &file) {
  for (const Feature &feature : kFeatures) {
    if (!file.has(feature.key)) continue;
    const nlohmann::json &value = file.root().at(feature.key);
    if (value == nlohmann::json::parse(feature.off)) continue;
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": '" + feature.key + "' is " +
                    value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) +
                    "; a UNet with this feature is not built here yet (only " + feature.off +
                    " is)",
                "model"};
  }
}

// Whether each block attends to the text. The names are `plain` and the same with "CrossAttn".
std::vector<bool> read_attention(const JsonFile &file, const std::string &key,
                                 const std::string &plain, size_t levels) {
  const std::string attending = "CrossAttn" + plain;
  std::vector<bool> result;
  for (const std::string &name : file.strings(key)) {
    if (name != plain && name != attending) {
      throw Error{ErrorKind::unsupported,
                  file.path().string() + ": '" + key + "' names the block type '" + name +
                      "', which is not built here; known are " + attending + " and " + plain,
                  "model"};
    }
    result.push_back(name == attending);
  }
  if (result.size() != levels) {
    file.fail(key, "a list as long as block_out_channels, " + std::to_string(levels));
  }
  return result;
}

// addition_embed_type and the sizes that belong to it.
void read_added_conditions(const JsonFile &file, UNetConfig &config) {
  const std::string type = file.string("addition_embed_type", "");
  if (type.empty()) return;
  if (type != "text_time") {
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": 'addition_embed_type' is '" + type +
                    "', which is not built here; known is text_time",
                "model"};
  }
  config.time_id_features = file.size("addition_time_embed_dim");
  config.added_features = file.size("projection_class_embeddings_input_dim");
}

}  // namespace

UNetConfig read_unet_config(const JsonFile &file) {
  refuse_unbuilt_features(file);
  UNetConfig config{};
  config.in_channels = file.size("in_channels");
  config.out_channels = file.size("out_channels");
  if (file.has("sample_size")) config.sample_size = file.size("sample_size");
  config.block_out_channels = file.sizes("block_out_channels");
  const size_t levels = config.levels();
  config.layers_per_block = file.size_per_level("layers_per_block", levels, 2);
  config.down_attention = read_attention(file, "down_block_types", "DownBlock2D", levels);
  config.up_attention = read_attention(file, "up_block_types", "UpBlock2D", levels);
  // diffusers' name is a known mistake: the value is the number of heads, not the size of one.
  config.attention_heads = file.size_per_level("attention_head_dim", levels, 8);
  config.transformer_layers = file.size_per_level("transformer_layers_per_block", levels, 1);
  config.cross_attention_dim = file.size_per_level("cross_attention_dim", levels, 1280);
  config.norm_num_groups = file.size("norm_num_groups", 32);
  config.norm_eps = file.number("norm_eps", 1e-5);
  config.flip_sin_to_cos = file.boolean("flip_sin_to_cos", true);
  config.freq_shift = file.number("freq_shift", 0);
  config.use_linear_projection = file.boolean("use_linear_projection", false);
  config.upcast_attention = file.boolean("upcast_attention", false);
  read_added_conditions(file, config);
  return config;
}

}  // namespace pictor::diffusion
