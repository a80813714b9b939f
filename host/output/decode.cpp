#include "output/decode.hpp"

#include "output/codec.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

std::variant<Decoded, Failure> decode(std::string_view bytes, DecodeDepth depth) {
  if (bytes.empty()) return image_failure(Outcome::truncated, "the image is empty");
  const auto format = image_format(bytes);
  if (!format) {
    return image_failure(Outcome::invalid, "the bytes are no image: not PNG, JPEG or WebP");
  }
  switch (*format) {
    case ImageFormat::png:
      return decode_png(bytes, depth);
    case ImageFormat::jpeg:
      return decode_jpeg(bytes, depth);
    case ImageFormat::webp:
      return decode_webp(bytes, depth);
  }
  return image_failure(Outcome::internal, "unknown image format");
}

std::variant<ImageInfo, Failure> decoded_info(std::string_view bytes, DecodeDepth depth) {
  auto decoded = decode(bytes, depth);
  if (auto *failure = std::get_if<Failure>(&decoded)) return std::move(*failure);
  return std::get<Decoded>(decoded).info;
}

}  // namespace

Failure image_failure(Outcome outcome, std::string message) {
  Failure failure;
  failure.outcome = outcome;
  failure.stage = "encode";
  failure.message = std::move(message);
  return failure;
}

std::optional<ImageFormat> image_format(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return ImageFormat::png;
  if (bytes.starts_with("\xFF\xD8\xFF")) return ImageFormat::jpeg;
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") {
    return ImageFormat::webp;
  }
  return std::nullopt;
}

std::variant<ImageInfo, Failure> read_image_info(std::string_view bytes) {
  return decoded_info(bytes, DecodeDepth::header);
}

std::variant<ImageInfo, Failure> check_image(std::string_view bytes) {
  return decoded_info(bytes, DecodeDepth::check);
}

std::variant<Pixels, Failure> decode_image(std::string_view bytes) {
  auto decoded = decode(bytes, DecodeDepth::pixels);
  if (auto *failure = std::get_if<Failure>(&decoded)) return std::move(*failure);
  auto &[info, pixels] = std::get<Decoded>(decoded);
  return Pixels{info.width, info.height, info.channels, std::move(pixels)};
}

std::string_view media_type(ImageFormat format) {
  switch (format) {
    case ImageFormat::png:
      return "image/png";
    case ImageFormat::jpeg:
      return "image/jpeg";
    case ImageFormat::webp:
      return "image/webp";
  }
  return "application/octet-stream";
}

std::string_view file_extension(ImageFormat format) {
  switch (format) {
    case ImageFormat::png:
      return "png";
    case ImageFormat::jpeg:
      return "jpg";
    case ImageFormat::webp:
      return "webp";
  }
  return "bin";
}

}  // namespace pictor::host
