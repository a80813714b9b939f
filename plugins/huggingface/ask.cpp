#include "ask.hpp"

#include "parameters.hpp"

#include <array>
#include <cmath>

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

void copy_plain(Json &parameters, const Params &kwargs) {
  constexpr std::array ids = {"negative_prompt",     "height",         "width",
                              "num_inference_steps", "guidance_scale", "scheduler"};
  for (const char *id : ids) {
    const auto found = kwargs.values().find(id);
    if (found == kwargs.values().end()) continue;
    if (const auto *whole = std::get_if<std::int64_t>(&found->second)) parameters[id] = *whole;
    if (const auto *text = std::get_if<std::string>(&found->second)) parameters[id] = *text;
    if (const auto *number = std::get_if<double>(&found->second)) {
      const bool is_whole = std::abs(*number) < 1e15 && std::floor(*number) == *number;
      is_whole ? parameters[id] = static_cast<std::int64_t>(*number) : parameters[id] = *number;
    }
  }
}

// What has a place of its own in Pictor, and would be told twice or paid for in vain.
void refuse_own_setting(const std::string &field) {
  struct Own {
    const char *field, *place;
  };
  constexpr std::array settings = {Own{"prompt", "that is the row's"},
                                   Own{"inputs", "that is the row's prompt"},
                                   Own{"model", "that is the model's own parameter"},
                                   Own{"seed", "that is the row's seed"},
                                   Own{"n", "that is num_generations"},
                                   Own{"num_images", "that is num_generations"},
                                   Own{"num_images_per_prompt", "that is num_generations"},
                                   Own{"num_outputs", "that is num_generations"}};
  for (const Own &own : settings) {
    if (field == own.field) {
      throw mistake("extra_body",
                    "extra_body must not hold " + field + ": " + std::string(own.place));
    }
  }
}

}  // namespace

Json Ask::with_seed(std::uint64_t seed) const {
  Json all = parameters;
  all["seed"] = seed;
  return all;
}

Ask ask_of(std::string_view prompt, const Params &kwargs) {
  Ask ask;
  ask.prompt = prompt;
  copy_plain(ask.parameters, kwargs);
  if (!kwargs.has("extra_body")) return ask;
  const Json extra = Json::parse(kwargs.get<std::string>("extra_body"), nullptr, false);
  if (!extra.is_object()) {
    throw mistake("extra_body", "extra_body must be a map, e.g. {output_format: png}");
  }
  for (const auto &[name, value] : extra.items()) {
    refuse_own_setting(name);
    ask.parameters[name] = value;
  }
  return ask;
}

std::optional<Size> take_size(Json &parameters, std::string_view provider) {
  const bool width = parameters.contains("width"), height = parameters.contains("height");
  if (!width && !height) return std::nullopt;
  if (width != height) {
    throw mistake(
        width ? "height" : "width",
        "width and height go together: " + std::string(provider) + " takes them as one size");
  }
  const auto side = [&](const char *name) {
    const Json &value = parameters[name];
    if (!value.is_number_integer()) throw mistake(name, std::string(name) + " must be whole");
    return value.get<std::int64_t>();
  };
  const Size size{side("width"), side("height")};
  parameters.erase("width");
  parameters.erase("height");
  return size;
}

}  // namespace pictor::huggingface
