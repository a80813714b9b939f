#pragma once

#include "base/outcome.hpp"
#include "config/config.hpp"
#include "output/pixels.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace pictor::host {

// What the bytes of an image file say of it.
struct ImageInfo {
  ImageFormat format = ImageFormat::png;
  std::uint32_t width = 0, height = 0;
  std::uint32_t channels = 0;  // of the pixels as decoded: palettes are colours, CMYK has 4
};

// By magic number; nothing for other files. Needs the first 12 bytes.
std::optional<ImageFormat> image_format(std::string_view bytes);

// The functions below fail with `truncated` when the bytes are cut off or damaged and with
// `invalid` for what Pictor does not read: other formats, animations, shapes beyond the limits of
// pixels.hpp (checked before any memory is taken for pixels). Safe on hostile bytes. [any thread]

// Reads the header only.
std::variant<ImageInfo, Failure> read_image_info(std::string_view bytes);

// Decodes all of it and keeps nothing: what passes is a whole picture.
std::variant<ImageInfo, Failure> check_image(std::string_view bytes);

// 16-bit samples are scaled to 8. A CMYK picture is `invalid` here.
std::variant<Pixels, Failure> decode_image(std::string_view bytes);

// "image/png", ...
std::string_view media_type(ImageFormat format);
// Of the file's name, without a dot: "png", "jpg", "webp".
std::string_view file_extension(ImageFormat format);

}  // namespace pictor::host
