#pragma once

#include "base/outcome.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace pictor::host {

// A small JPEG of a picture's file, at most `side` pixels wide and high; a picture that is smaller
// keeps its size. Fails as decode_image does.
std::variant<std::string, Failure> thumbnail(std::string_view bytes, std::uint32_t side);

}  // namespace pictor::host
