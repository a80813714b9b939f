#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the tensors of a checkpoint of the latent-diffusion code (CompVis ldm, Stability sgm) and of
// OpenCLIP are called in diffusers and transformers.
namespace pictor::diffusion {

// The key of UNet2DConditionModel for a tensor or a layer of ldm's UNetModel, or "". `separator`
// stands between the words of `name`: '.' in a checkpoint, '_' in the names of kohya's LoRAs; what
// follows the blocks is passed on as it is.
//   "input_blocks.4.1.proj_in.weight" -> "down_blocks.1.attentions.0.proj_in.weight"
std::string unet_key(std::string_view name, int64_t layers_per_block, char separator = '.');

// layers_per_block of the UNetModel that has these tensors: the blocks before the first
// downsampler.
int64_t layers_per_block(const std::vector<std::string_view> &names);

// The key of AutoencoderKL for a tensor of ldm's, or "". The decoder counts its `levels` from the
// other end.
std::string vae_key(std::string_view name, int64_t levels);

// The number of levels of the decoder that has these tensors.
int64_t decoder_levels(const std::vector<std::string_view> &names);

// The key of CLIPTextModel for a tensor of OpenCLIP's text tower, or "". The tensors in which
// OpenCLIP keeps queries, keys and values together have kFusedLayers in the place of the layers'
// names, which are q_proj, k_proj and v_proj.
std::string open_clip_key(std::string_view name);
inline constexpr std::string_view kFusedLayers = "{}";

// The number of layers of the text tower that has these tensors.
int64_t open_clip_layers(const std::vector<std::string_view> &names);

}  // namespace pictor::diffusion
