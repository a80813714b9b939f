#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pictor::diffusion {

// What a tensor of a LoRA file is for.
struct LoraName {
  enum class Role { down, up, alpha };

  std::string component;  // "unet" for any denoiser, "text_encoder", "text_encoder_2", ...
  std::string layer;      // as flat_layer writes it
  Role role;
};

// Reads the name of a tensor in the styles of diffusers ("unet.X.lora.down.weight",
// "X.processor.to_q_lora.up.weight"), PEFT ("base_model.model.X.lora_A.weight") and kohya
// ("lora_unet_X.lora_down.weight", "lora_te_X.alpha"). Nothing for a name of another kind.
std::optional<LoraName> read_lora_name(std::string_view name);

// A layer's name in the one spelling that all styles share: "down_blocks_0_resnets_0_conv1". The
// names of text encoders lose their "text_model.", which not every checkpoint has.
std::string flat_layer(const std::string &component, std::string_view layer);

// "transformer" -> "unet": files do not agree on what they call the denoiser.
std::string lora_component(const std::string &component);

}  // namespace pictor::diffusion
