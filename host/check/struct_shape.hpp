#pragma once

#include <cstdint>

namespace pictor::host::check {

// How large a struct is that a plugin sees.
enum class Shape {
  plain,
  page_end,     // nothing can be read beyond its last byte
  grown,        // a later minor's: what this one does not know is there, and is no zero
  grown_empty,  // the same, and everything in it is as before: zero
};

// A copy of a struct of the ABI in that shape, with its `struct_size`; never freed.
void *reshaped(const void *from, std::uint32_t size, Shape shape);

template <class Struct>
Struct *reshaped(const Struct &from, Shape shape) {
  return static_cast<Struct *>(reshaped(&from, sizeof from, shape));
}

}  // namespace pictor::host::check
