#pragma once

#include "base/json.hpp"

#include <optional>
#include <string_view>

namespace pictor::host {

// How deep the lists and objects of foreign JSON may stand in each other: copying and writing a
// value recurses.
inline constexpr int deepest_json = 100;

// JSON that somebody else wrote, as text or as MessagePack; nothing when it is none, or too deep.
std::optional<Json> parse_foreign_json(std::string_view text);
std::optional<Json> parse_foreign_msgpack(std::string_view bytes);

}  // namespace pictor::host
