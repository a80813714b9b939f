#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// Bytes with an owner that is told when they are done with: pixels borrowed from a plugin, or our
// own.
using SharedBytes = std::shared_ptr<const std::uint8_t>;

// A picture as a model hands it over: either a file's bytes, kept as they are, or strided pixels.
struct Picture {
  enum class Kind { encoded, raw } kind = Kind::raw;
  enum class PixelType { u8, f32 } pixel_type = PixelType::u8;  // f32: 0..1, clamped
  SharedBytes data;
  std::uint64_t size = 0;                                  // bytes at data
  std::uint32_t width = 0, height = 0;                     // encoded: 0 = read from the file
  std::uint32_t channels = 0;                              // raw: 1, 3, 4
  std::uint64_t stride_y = 0, stride_x = 0, stride_c = 0;  // bytes; checked to lie inside `size`
  std::string media_type;                                  // encoded; may be empty
};

// What is known of a picture beyond its pixels.
struct PictureMeta {
  std::optional<std::uint64_t> seed;  // where the model used another than the one asked for
  std::optional<std::int64_t> cost_micros;
  bool cost_is_estimate = false;
  std::string cost_currency;
  std::int64_t queue_ns = 0, compute_ns = 0, transfer_ns = 0;
  std::string finish_reason, revised_prompt, provider_request_id, model_version;
  Json extra = Json::object();  // more columns
};

}  // namespace pictor::host
