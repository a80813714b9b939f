#include "pictures/decode.hpp"

#include "error.hpp"
#include "pictures/codecs.hpp"

namespace pictor::diffusion {
namespace {

constexpr uint64_t kLargestSide = 16384;
constexpr uint64_t kMostPixels = uint64_t{1} << 27;

at::Tensor decode_any(std::string_view bytes) {
  if (bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n") return decode_png(bytes);
  if (bytes.substr(0, 3) == "\xFF\xD8\xFF") return decode_jpeg(bytes);
  if (bytes.size() >= 12 && bytes.substr(0, 4) == "RIFF" && bytes.substr(8, 4) == "WEBP") {
    return decode_webp(bytes);
  }
  throw BadPicture{"is not a PNG, JPEG or WebP file"};
}

}  // namespace

at::Tensor decode_picture(std::string_view bytes, const std::string &parameter) {
  try {
    return decode_any(bytes);
  } catch (const BadPicture &error) {
    throw Error{ErrorKind::invalid_argument, parameter + ": the picture " + error.what(),
                parameter};
  }
}

at::Tensor empty_picture(uint64_t width, uint64_t height) {
  if (width == 0 || height == 0 || width > kLargestSide || height > kLargestSide ||
      width * height > kMostPixels) {
    throw BadPicture{"has " + std::to_string(width) + " x " + std::to_string(height) +
                     " pixels; at most " + std::to_string(kLargestSide) + " a side and " +
                     std::to_string(kMostPixels) + " in all are read"};
  }
  return at::empty({static_cast<int64_t>(height), static_cast<int64_t>(width), 3}, at::kByte);
}

int exif_orientation(std::string_view tiff) {
  constexpr uint32_t kOrientationTag = 0x0112;
  constexpr size_t kEntryBytes = 12;
  const bool little = tiff.substr(0, 2) == "II";
  if (!little && tiff.substr(0, 2) != "MM") return 1;
  // An unsigned number of `size` bytes; 0 beyond the end.
  const auto number = [&](size_t offset, size_t size) {
    uint32_t value = 0;
    if (offset > tiff.size() || size > tiff.size() - offset) return value;
    for (size_t i = 0; i < size; ++i) {
      const size_t at = offset + (little ? size - 1 - i : i);
      value = value << 8 | static_cast<unsigned char>(tiff[at]);
    }
    return value;
  };
  const size_t directory = number(4, 4);
  const size_t entries = number(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (number(entry, 2) != kOrientationTag) continue;
    const uint32_t orientation = number(entry + 8, 2);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

at::Tensor upright(const at::Tensor &picture, int orientation) {
  constexpr int64_t kRows = 0, kColumns = 1;
  switch (orientation) {
    case 2:
      return picture.flip({kColumns}).contiguous();
    case 3:
      return picture.flip({kRows, kColumns}).contiguous();
    case 4:
      return picture.flip({kRows}).contiguous();
    case 5:
      return picture.transpose(kRows, kColumns).contiguous();
    case 6:
      return picture.transpose(kRows, kColumns).flip({kColumns}).contiguous();
    case 7:
      return picture.transpose(kRows, kColumns).flip({kRows, kColumns}).contiguous();
    case 8:
      return picture.transpose(kRows, kColumns).flip({kRows}).contiguous();
    default:
      return picture;
  }
}

}  // namespace pictor::diffusion
