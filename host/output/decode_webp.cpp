#include "output/codec.hpp"

#include <fmt/format.h>
#include <webp/decode.h>

namespace pictor::host {

namespace {

Failure failure_of(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return image_failure(Outcome::truncated, "the WebP is cut off");
    case VP8_STATUS_OUT_OF_MEMORY:
      return image_failure(Outcome::internal, "not enough memory to decode the WebP");
    default:
      return image_failure(Outcome::truncated, "the WebP is damaged");
  }
}

// RIFF says how long the file is, so that a cut behind the pixels is seen too.
bool is_cut_off(std::string_view bytes) {
  const auto byte = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(bytes[i])};
  };
  const std::uint64_t size = byte(4) | byte(5) << 8 | byte(6) << 16 | byte(7) << 24;
  return size + 8 > bytes.size();
}

}  // namespace

std::variant<Decoded, Failure> decode_webp(std::string_view bytes, DecodeDepth depth) {
  const auto *data = reinterpret_cast<const std::uint8_t *>(bytes.data());
  WebPBitstreamFeatures features;
  if (const auto status = WebPGetFeatures(data, bytes.size(), &features); status != VP8_STATUS_OK) {
    return failure_of(status);
  }
  if (features.has_animation != 0) {
    return image_failure(Outcome::invalid, "the WebP is an animation");
  }
  Decoded decoded;
  decoded.info = {ImageFormat::webp, static_cast<std::uint32_t>(features.width),
                  static_cast<std::uint32_t>(features.height), features.has_alpha != 0 ? 4u : 3u};
  const ImageInfo &info = decoded.info;
  if (auto failure = check_shape(info.width, info.height, info.channels)) return *failure;
  if (depth == DecodeDepth::header) return decoded;
  if (is_cut_off(bytes)) return failure_of(VP8_STATUS_NOT_ENOUGH_DATA);

  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return failure_of(VP8_STATUS_OUT_OF_MEMORY);
  const std::size_t row_bytes = std::size_t{info.width} * info.channels;
  decoded.bytes.resize(row_bytes * info.height);
  config.output.colorspace = info.channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {decoded.bytes.data(), static_cast<int>(row_bytes), decoded.bytes.size()};
  if (const auto status = WebPDecode(data, bytes.size(), &config); status != VP8_STATUS_OK) {
    return failure_of(status);
  }
  return decoded;
}

}  // namespace pictor::host
