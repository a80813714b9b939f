#include "output/thumbnail.hpp"

#include "output/decode.hpp"
#include "output/encode.hpp"

#include <algorithm>

namespace pictor::host {

namespace {

constexpr int quality = 80;

struct Range {
  std::uint32_t begin, end;
};

// The pixels of the large side that pixel `at` of the small side stands for.
Range covered(std::uint32_t at, std::uint32_t small, std::uint32_t large) {
  const auto edge = [&](std::uint32_t i) {
    return static_cast<std::uint32_t>(std::uint64_t{i} * large / small);
  };
  return {edge(at), std::max(edge(at + 1), edge(at) + 1)};
}

std::uint8_t mean(const Pixels &pixels, Range rows, Range columns, std::uint32_t channel) {
  std::uint64_t sum = 0;
  for (std::uint32_t y = rows.begin; y < rows.end; ++y) {
    for (std::uint32_t x = columns.begin; x < columns.end; ++x) {
      sum += pixels.bytes[y * pixels.row_bytes() + std::size_t{x} * pixels.channels + channel];
    }
  }
  const std::uint64_t count = std::uint64_t{rows.end - rows.begin} * (columns.end - columns.begin);
  return static_cast<std::uint8_t>((sum + count / 2) / count);
}

Pixels shrunk(const Pixels &pixels, std::uint32_t side) {
  const std::uint32_t longest = std::max(pixels.width, pixels.height);
  if (longest <= side) return pixels;
  const auto scaled = [&](std::uint32_t length) {
    return std::max(1U, static_cast<std::uint32_t>(std::uint64_t{length} * side / longest));
  };
  Pixels small{scaled(pixels.width), scaled(pixels.height), pixels.channels, {}};
  small.bytes.reserve(small.row_bytes() * small.height);
  for (std::uint32_t y = 0; y < small.height; ++y) {
    for (std::uint32_t x = 0; x < small.width; ++x) {
      for (std::uint32_t channel = 0; channel < small.channels; ++channel) {
        small.bytes.push_back(mean(pixels, covered(y, small.height, pixels.height),
                                   covered(x, small.width, pixels.width), channel));
      }
    }
  }
  return small;
}

}  // namespace

std::variant<std::string, Failure> thumbnail(std::string_view bytes, std::uint32_t side) {
  const auto decoded = decode_image(bytes);
  if (const auto *failure = std::get_if<Failure>(&decoded)) return *failure;
  const Pixels small = shrunk(std::get<Pixels>(decoded), side);
  return encode_picture(picture_of(small), {ImageFormat::jpeg, quality}, {});
}

}  // namespace pictor::host
