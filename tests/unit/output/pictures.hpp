#pragma once

#include "output/decode.hpp"
#include "output/encode.hpp"
#include "output/picture.hpp"

#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace pictor::test {

// A raw picture that owns a copy of `bytes`; interleaved without gaps until told otherwise.
inline host::Picture raw_picture(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
                                 const std::vector<std::uint8_t> &bytes) {
  const auto owner = std::make_shared<std::vector<std::uint8_t>>(bytes);
  host::Picture picture;
  picture.data = host::SharedBytes(owner, owner->data());
  picture.size = owner->size();
  picture.width = width;
  picture.height = height;
  picture.channels = channels;
  picture.stride_c = 1;
  picture.stride_x = channels;
  picture.stride_y = std::uint64_t{width} * channels;
  return picture;
}

// Floats, interleaved.
inline host::Picture float_picture(std::uint32_t width, std::uint32_t height,
                                   std::uint32_t channels, const std::vector<float> &values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  host::Picture picture = raw_picture(width, height, channels, bytes);
  picture.pixel_type = host::Picture::PixelType::f32;
  picture.stride_c = 4;
  picture.stride_x *= 4;
  picture.stride_y *= 4;
  return picture;
}

// A picture with a different value everywhere.
inline host::Picture pattern(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  std::vector<std::uint8_t> bytes(std::size_t{width} * height * channels);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  }
  return raw_picture(width, height, channels, bytes);
}

// A picture that JPEG and WebP can hold well.
inline host::Picture gradient(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  std::vector<std::uint8_t> bytes;
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      for (std::uint32_t c = 0; c < channels; ++c) {
        const std::uint32_t value = c == 3 ? 255 : (x * 2 + y + c * 40) % 256;
        bytes.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return raw_picture(width, height, channels, bytes);
}

// The value of a variant, or the failure's message as an exception.
template <typename T>
T value_of(std::variant<T, host::Failure> result) {
  if (auto *failure = std::get_if<host::Failure>(&result))
    throw std::runtime_error(failure->message);
  return std::get<T>(std::move(result));
}

template <typename T>
host::Failure failure_of(std::variant<T, host::Failure> result) {
  if (auto *failure = std::get_if<host::Failure>(&result)) return *failure;
  throw std::runtime_error("expected a failure");
}

inline std::string encoded(const host::Picture &picture, host::ImageFormat format, int quality = 95,
                           const host::EmbeddedSettings &settings = {}) {
  return value_of(host::encode_picture(picture, {format, quality}, settings));
}

// "PNG chunk": length, type, content and the checksum.
std::string png_chunk(const std::string &type, const std::string &content);

}  // namespace pictor::test
