#pragma once

#include "parameters.hpp"
#include "remote/http.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::openai {

// The pictures of a row that one request asks for.
struct Slice {
  std::uint32_t first = 0, count = 1;
  std::optional<std::uint64_t> seed;  // sent along; then count is 1
};

// What a row asks for, in the API's own words.
struct Ask {
  nlohmann::json fields = nlohmann::json::object();  // all but n and seed
  std::vector<ImageInput> images;                    // any: an edit
  std::optional<ImageInput> mask, markup;
  bool stream = false;

  bool is_edit() const { return !images.empty(); }
};

// Throws Error(invalid_argument) for parameters that contradict each other.
Ask ask_of(std::string_view prompt, const Params &kwargs, const Settings &settings);

// How many pictures one request of this kind may ask for.
std::uint32_t most_pictures_of(const Ask &ask, const Settings &settings);

// The method, address, headers and body of one request.
remote::HttpRequest http_request_of(const Ask &ask, const Slice &slice, const Settings &settings);

}  // namespace pictor::openai
