#pragma once

#include "weights/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace pictor::diffusion {

// What PEFT multiplies the pairs of a LoRA with: lora_alpha / rank, or by the square root of the
// rank with use_rslora. The numbers stand in the file's metadata under "lora_adapter_metadata",
// where diffusers writes them, or in PEFT's adapter_config.json beside the file; without either,
// the scale is 1. Files with alpha tensors of their own do not come here.
class LoraScales {
 public:
  // Throws Error for numbers that are none, and for DoRA.
  explicit LoraScales(const SafetensorsFile &file);

  // `layer`: as flat_layer writes it.
  double operator()(const std::string &component, const std::string &layer, int64_t rank) const;

 private:
  std::string origin_;
  nlohmann::json config_;  // by "component.key", or by "key" for every component
};

}  // namespace pictor::diffusion
