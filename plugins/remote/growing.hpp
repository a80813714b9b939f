#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace pictor::remote {

// Appends to a text that will hold a picture in the end: it grows by four, as every step copies all
// of it to memory that was never touched, and room that stays unused costs nothing.
inline void append_growing(std::string &text, std::string_view bytes, std::size_t most) {
  const std::size_t needed = text.size() + bytes.size();
  if (needed > text.capacity()) {
    text.reserve(std::max(needed, std::min(most, 4 * text.capacity())));
  }
  text.append(bytes);
}

}  // namespace pictor::remote
