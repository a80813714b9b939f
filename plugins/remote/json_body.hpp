#pragma once

#include <nlohmann/json.hpp>

#include <string_view>

namespace pictor::remote {

// The JSON in an answer, discarded when it is none: what nlohmann::json::parse gives, and many
// times faster where pictures stand in it as base64.
nlohmann::json parse_json(std::string_view body);

}  // namespace pictor::remote
