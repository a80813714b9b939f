#pragma once

#include <pictor/model.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::huggingface {

// One row in huggingface_hub's words: what every picture of it is asked for with.
struct Ask {
  std::string prompt;
  nlohmann::json parameters = nlohmann::json::object();  // but for the seed

  // Of one picture, with its seed.
  nlohmann::json with_seed(std::uint64_t seed) const;
};

// Throws Error(invalid_argument) for what has a place of its own in Pictor.
Ask ask_of(std::string_view prompt, const Params &generation_kwargs);

// width and height of `parameters`, taken out of it. Nothing when neither is there; throws
// Error(invalid_argument) for one without the other, as `provider` takes them as one size.
struct Size {
  std::int64_t width = 0, height = 0;
  std::string text() const { return std::to_string(width) + "x" + std::to_string(height); }
};
std::optional<Size> take_size(nlohmann::json &parameters, std::string_view provider);

}  // namespace pictor::huggingface
