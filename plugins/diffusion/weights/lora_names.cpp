#include "weights/lora_names.hpp"

#include <algorithm>

namespace pictor::diffusion {
namespace {

using Role = LoraName::Role;

struct Ending {
  std::string_view text;
  Role role;
};

constexpr Ending kEndings[] = {
    {".alpha", Role::alpha},
    {".lora_down.weight", Role::down},
    {".lora_up.weight", Role::up},
    {".lora_A.weight", Role::down},
    {".lora_B.weight", Role::up},
    {".lora_A.default.weight", Role::down},
    {".lora_B.default.weight", Role::up},
    {".lora.down.weight", Role::down},
    {".lora.up.weight", Role::up},
    {".lora_linear_layer.down.weight", Role::down},
    {".lora_linear_layer.up.weight", Role::up},
};

// Before diffusers 0.22 the pairs stood in the attention's processor, beside the layers.
constexpr Ending kProcessorEndings[] = {
    {"_lora.down.weight", Role::down},
    {"_lora.up.weight", Role::up},
};

struct Beginning {
  std::string_view text;
  std::string_view component;
};

constexpr Beginning kBeginnings[] = {
    {"lora_unet_", "unet"},
    {"lora_transformer_", "unet"},
    {"lora_te_", "text_encoder"},
    {"lora_te1_", "text_encoder"},
    {"lora_te2_", "text_encoder_2"},
    {"lora_te3_", "text_encoder_3"},
    {"unet.", "unet"},
    {"transformer.", "unet"},
    {"diffusion_model.", "unet"},
    {"text_encoder.", "text_encoder"},
    {"text_encoder_2.", "text_encoder_2"},
    {"text_encoder_3.", "text_encoder_3"},
};

// The layers beside which a processor's pairs stood, in a denoiser and in a text encoder.
struct ProcessorLayer {
  std::string_view name;
  std::string_view in_denoiser;
  std::string_view in_text_encoder;
};

constexpr ProcessorLayer kProcessorLayers[] = {
    {"to_q", "to_q", "q_proj"},
    {"to_k", "to_k", "k_proj"},
    {"to_v", "to_v", "v_proj"},
    {"to_out", "to_out.0", "out_proj"},
};

constexpr std::string_view kPeftBeginning = "base_model.model.";
constexpr std::string_view kProcessor = ".processor.";
constexpr std::string_view kTextModel = "text_model.";

bool take_beginning(std::string_view &text, std::string_view beginning) {
  if (text.substr(0, beginning.size()) != beginning) return false;
  text.remove_prefix(beginning.size());
  return true;
}

bool take_ending(std::string_view &text, std::string_view ending) {
  if (text.size() < ending.size() || text.substr(text.size() - ending.size()) != ending) {
    return false;
  }
  text.remove_suffix(ending.size());
  return true;
}

// "X.processor.to_out" -> "X.to_out.0"
std::string layer_of_processor(std::string_view name, bool in_denoiser) {
  std::string layer{name};
  if (const size_t at = layer.find(kProcessor); at != std::string::npos) {
    layer.replace(at, kProcessor.size(), ".");
  }
  const size_t last = layer.rfind('.') + 1;
  for (const ProcessorLayer &known : kProcessorLayers) {
    if (layer.compare(last, std::string::npos, known.name) != 0) continue;
    return layer.substr(0, last) +
           std::string{in_denoiser ? known.in_denoiser : known.in_text_encoder};
  }
  return layer;
}

std::string_view take_component(std::string_view &name) {
  take_beginning(name, kPeftBeginning);
  for (const Beginning &beginning : kBeginnings) {
    if (take_beginning(name, beginning.text)) return beginning.component;
  }
  const bool is_text = name.substr(0, kTextModel.size()) == kTextModel;
  return is_text ? "text_encoder" : "unet";
}

}  // namespace

std::optional<LoraName> read_lora_name(std::string_view name) {
  LoraName result;
  result.component = std::string{take_component(name)};
  for (const Ending &ending : kEndings) {
    if (!take_ending(name, ending.text)) continue;
    result.role = ending.role;
    result.layer = flat_layer(result.component, name);
    return result;
  }
  for (const Ending &ending : kProcessorEndings) {
    if (!take_ending(name, ending.text)) continue;
    result.role = ending.role;
    result.layer =
        flat_layer(result.component, layer_of_processor(name, result.component == "unet"));
    return result;
  }
  return std::nullopt;
}

std::string flat_layer(const std::string &component, std::string_view layer) {
  std::string flat{layer};
  std::replace(flat.begin(), flat.end(), '.', '_');
  constexpr std::string_view kFlatTextModel = "text_model_";
  if (component != "unet" && flat.rfind(kFlatTextModel, 0) == 0) {
    flat.erase(0, kFlatTextModel.size());
  }
  return flat;
}

std::string lora_component(const std::string &component) {
  return component == "transformer" ? "unet" : component;
}

}  // namespace pictor::diffusion
