#pragma once

#include "base/outcome.hpp"
#include "output/picture.hpp"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace pictor::host {

// What a picture may be, coming in or going out; more is taken for an attack or a mistake.
inline constexpr std::uint32_t max_side = 65'536;
inline constexpr std::uint64_t max_pixel_bytes = std::uint64_t{1} << 30;

// Interleaved 8-bit pixels, row after row without gaps. Channels: 1 grey, 3 RGB, 4 RGBA.
struct Pixels {
  std::uint32_t width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> bytes;

  std::size_t row_bytes() const { return std::size_t{width} * channels; }
};

// Nothing when a picture of that shape keeps the limits above.
std::optional<Failure> check_shape(std::uint32_t width, std::uint32_t height,
                                   std::uint32_t channels);

// The pixels of a raw picture, f32 clamped to 0..1 and rounded half to even as diffusers does.
// Fails (`internal`) for NaN and infinities, naming the first in reading order.
std::variant<Pixels, Failure> packed_pixels(const Picture &picture);

// The pixels as a picture that borrows them.
Picture picture_of(const Pixels &pixels);

// RGBA laid over white, as RGB.
Pixels over_white(const Pixels &rgba);

}  // namespace pictor::host
