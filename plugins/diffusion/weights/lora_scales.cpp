#include "weights/lora_scales.hpp"

#include "error.hpp"
#include "weights/json_file.hpp"
#include "weights/lora_names.hpp"

#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <system_error>

namespace pictor::diffusion {
namespace {

constexpr const char *kMetadata = "lora_adapter_metadata";

[[noreturn]] void refuse(const std::string &origin, const std::string &what) {
  throw Error{ErrorKind::invalid_argument, origin + ": " + what, "loras"};
}

// The value of a key for a component, or null.
const nlohmann::json *find(const nlohmann::json &config, const std::string &component,
                           const char *key) {
  const std::string denoiser = component == "unet" ? "transformer" : component;
  for (const std::string &name : {component + "." + key, denoiser + "." + key, std::string{key}}) {
    const auto found = config.find(name);
    if (found != config.end() && !found->is_null()) return &*found;
  }
  return nullptr;
}

bool is_set(const nlohmann::json &config, const std::string &component, const char *key) {
  const nlohmann::json *value = find(config, component, key);
  return value != nullptr && *value == true;
}

// Whether `layer` ends with `pattern`, which a module's name or its last words may be.
bool fits(const std::string &layer, const std::string &pattern) {
  if (layer.size() < pattern.size()) return false;
  const size_t at = layer.size() - pattern.size();
  return layer.compare(at, std::string::npos, pattern) == 0 && (at == 0 || layer[at - 1] == '_');
}

}  // namespace

LoraScales::LoraScales(const SafetensorsFile &file)
    : origin_(file.path().string()), config_(nlohmann::json::object()) {
  std::error_code error;
  const auto beside = file.path().parent_path() / "adapter_config.json";
  const auto metadata = file.metadata().find(kMetadata);
  if (metadata != file.metadata().end()) {
    config_ = parse_json(metadata->second, origin_ + " (" + kMetadata + ")");
  } else if (std::filesystem::exists(beside, error)) {
    config_ = JsonFile{beside}.root();
    origin_ = beside.string();
  }
  if (!config_.is_object()) refuse(origin_, "the LoRA's configuration is not a map");
  for (const auto &[key, value] : config_.items()) {
    const std::string name = key.substr(key.rfind('.') + 1);
    if (name != "use_dora" || value != true) continue;
    throw Error{ErrorKind::unsupported,
                origin_ + ": a DoRA, which is not built here; merge it into the model first",
                "loras"};
  }
}

double LoraScales::operator()(const std::string &component, const std::string &layer,
                              int64_t rank) const {
  const nlohmann::json *alpha = find(config_, component, "lora_alpha");
  const nlohmann::json *patterns = find(config_, component, "alpha_pattern");
  if (patterns != nullptr && patterns->is_object()) {
    for (const auto &[pattern, value] : patterns->items()) {
      if (fits(layer, flat_layer(component, pattern))) alpha = &value;
    }
  }
  if (alpha == nullptr) return 1;
  if (!alpha->is_number()) refuse(origin_, "lora_alpha is " + alpha->dump() + ", not a number");
  const auto size = static_cast<double>(rank);
  return alpha->get<double>() / (is_set(config_, component, "use_rslora") ? std::sqrt(size) : size);
}

}  // namespace pictor::diffusion
