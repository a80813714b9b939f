#include "check/picture_faults.hpp"

#include "output/decode.hpp"
#include "output/encode.hpp"

#include <fmt/format.h>

#include <string_view>

namespace pictor::host::check {

namespace {

struct Size {
  std::uint32_t width, height;
};

// What is asked for, where it is.
std::optional<Size> wanted_size(const Parameters &parameters) {
  const auto width = parameters.find("width"), height = parameters.find("height");
  if (width == parameters.end() || height == parameters.end()) return std::nullopt;
  const auto as_side = [](const Json &value) { return value.get<std::uint32_t>(); };
  return Size{as_side(width->second), as_side(height->second)};
}

}  // namespace

std::string_view bytes_of(const Picture &picture) {
  return {reinterpret_cast<const char *>(picture.data.get()), picture.size};
}

std::vector<std::string> size_faults(const Picture &picture, const Parameters &parameters) {
  Size real{picture.width, picture.height};
  if (picture.kind != Picture::Kind::raw) {
    const auto decoded = check_image(bytes_of(picture));
    if (const auto *failure = std::get_if<Failure>(&decoded)) {
      return {fmt::format("its picture does not decode: {}", failure->message)};
    }
    const auto &info = std::get<ImageInfo>(decoded);
    real = {info.width, info.height};
  }
  std::vector<std::string> faults;
  const bool reported = picture.width != 0;
  if (reported && (picture.width != real.width || picture.height != real.height)) {
    faults.push_back(fmt::format("its picture is {} x {}, and was handed over as {} x {}",
                                 real.width, real.height, picture.width, picture.height));
  }
  const auto wanted = wanted_size(parameters);
  if (wanted && (wanted->width != real.width || wanted->height != real.height)) {
    faults.push_back(fmt::format("{} x {} was asked for, and {} x {} drawn", wanted->width,
                                 wanted->height, real.width, real.height));
  }
  return faults;
}

std::vector<std::string> content_faults(const Picture &picture) {
  if (picture.kind == Picture::Kind::raw) {
    const auto encoded = encode_picture(picture, {}, {});
    const auto *failure = std::get_if<Failure>(&encoded);
    if (failure == nullptr) return {};
    return {fmt::format("its pixels cannot be stored: {}", failure->message)};
  }
  const auto format = image_format(bytes_of(picture));
  if (!format || picture.media_type.empty() || media_type(*format) == picture.media_type) return {};
  return {fmt::format("its file is {}, and was handed over as {}", media_type(*format),
                      picture.media_type)};
}

std::optional<Pixels> pixels_of(const Picture &picture) {
  const auto read =
      picture.kind == Picture::Kind::raw ? packed_pixels(picture) : decode_image(bytes_of(picture));
  const auto *pixels = std::get_if<Pixels>(&read);
  return pixels == nullptr ? std::nullopt : std::optional(*pixels);
}

}  // namespace pictor::host::check
