#include "output/pixels.hpp"

#include "output/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace pictor::host {

namespace {

float float_at(const std::uint8_t *address) {
  float value;  // a plugin's floats may lie at any address
  std::memcpy(&value, address, sizeof value);
  return value;
}

Failure not_finite(const Picture &picture) {
  for (std::uint64_t y = 0; y < picture.height; ++y) {
    for (std::uint64_t x = 0; x < picture.width; ++x) {
      for (std::uint64_t c = 0; c < picture.channels; ++c) {
        const float value = float_at(picture.data.get() + y * picture.stride_y +
                                     x * picture.stride_x + c * picture.stride_c);
        if (std::isfinite(value)) continue;
        return image_failure(
            Outcome::internal,
            fmt::format("the model drew a value that is no number ({}) at x {}, y {}, channel {}; "
                        "half precision can overflow: try dtype float32",
                        value, x, y, c));
      }
    }
  }
  return image_failure(Outcome::internal, "the model drew a value that is no number");
}

void pack_bytes(const Picture &picture, Pixels &pixels) {
  const std::size_t channels = picture.channels;
  for (std::size_t y = 0; y < picture.height; ++y) {
    const std::uint8_t *const row = picture.data.get() + y * picture.stride_y;
    std::uint8_t *const out = pixels.bytes.data() + y * pixels.row_bytes();
    if (picture.stride_c == 1 && picture.stride_x == channels) {
      std::memcpy(out, row, pixels.row_bytes());
      continue;
    }
    for (std::size_t c = 0; c < channels; ++c) {
      const std::uint8_t *in = row + c * picture.stride_c;
      for (std::size_t x = 0; x < picture.width; ++x)
        out[x * channels + c] = in[x * picture.stride_x];
    }
  }
}

// False when a value was not finite.
bool pack_floats(const Picture &picture, Pixels &pixels) {
  const std::size_t channels = picture.channels;
  bool finite = true;
  for (std::size_t y = 0; y < picture.height; ++y) {
    const std::uint8_t *const row = picture.data.get() + y * picture.stride_y;
    std::uint8_t *const out = pixels.bytes.data() + y * pixels.row_bytes();
    for (std::size_t c = 0; c < channels; ++c) {
      const std::uint8_t *in = row + c * picture.stride_c;
      for (std::size_t x = 0; x < picture.width; ++x) {
        const float value = float_at(in + x * picture.stride_x);
        finite &= std::isfinite(value);
        // Adding 1.5 * 2^23 leaves no room for a fraction: the processor rounds half to even.
        const float rounded = std::min(std::max(0.0F, value), 1.0F) * 255.0F + 12582912.0F;
        out[x * channels + c] =
            static_cast<std::uint8_t>(static_cast<std::int32_t>(rounded - 12582912.0F));
      }
    }
  }
  return finite;
}

}  // namespace

std::optional<Failure> check_shape(std::uint32_t width, std::uint32_t height,
                                   std::uint32_t channels) {
  const std::string shape = fmt::format("a picture of {} x {} pixels", width, height);
  if (width == 0 || height == 0) return image_failure(Outcome::invalid, shape + " has none");
  if (width > max_side || height > max_side) {
    return image_failure(Outcome::invalid,
                         fmt::format("{} is larger than {} a side", shape, max_side));
  }
  if (std::uint64_t{width} * height * channels > max_pixel_bytes) {
    return image_failure(Outcome::invalid,
                         fmt::format("{} needs more than {} MiB", shape, max_pixel_bytes >> 20));
  }
  return std::nullopt;
}

std::variant<Pixels, Failure> packed_pixels(const Picture &picture) {
  if (picture.kind != Picture::Kind::raw) {
    return image_failure(Outcome::internal, "an encoded picture has no pixels to pack");
  }
  if (picture.channels != 1 && picture.channels != 3 && picture.channels != 4) {
    return image_failure(Outcome::internal,
                         fmt::format("a picture has 1, 3 or 4 channels, not {}", picture.channels));
  }
  if (auto failure = check_shape(picture.width, picture.height, picture.channels)) return *failure;
  Pixels pixels{picture.width, picture.height, picture.channels, {}};
  pixels.bytes.resize(pixels.row_bytes() * pixels.height);
  if (picture.pixel_type == Picture::PixelType::u8) {
    pack_bytes(picture, pixels);
  } else if (!pack_floats(picture, pixels)) {
    return not_finite(picture);
  }
  return pixels;
}

Picture picture_of(const Pixels &pixels) {
  Picture picture;
  picture.data = SharedBytes(SharedBytes{}, pixels.bytes.data());
  picture.size = pixels.bytes.size();
  picture.width = pixels.width;
  picture.height = pixels.height;
  picture.channels = pixels.channels;
  picture.stride_y = pixels.row_bytes();
  picture.stride_x = pixels.channels;
  picture.stride_c = 1;
  return picture;
}

Pixels over_white(const Pixels &rgba) {
  Pixels rgb{rgba.width, rgba.height, 3, {}};
  rgb.bytes.resize(rgb.row_bytes() * rgb.height);
  std::uint8_t *out = rgb.bytes.data();
  for (const std::uint8_t *in = rgba.bytes.data(); in != rgba.bytes.data() + rgba.bytes.size();
       in += 4, out += 3) {
    const unsigned alpha = in[3];
    for (int c = 0; c < 3; ++c) {
      out[c] = static_cast<std::uint8_t>((in[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return rgb;
}

}  // namespace pictor::host
