#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

// One file a format, behind decode_picture. Each gives uint8 [height, width, 3] and throws
// BadPicture.
namespace pictor::diffusion {

// Why a file cannot be decoded, for the end of a sentence.
class BadPicture : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

at::Tensor decode_png(std::string_view bytes);
at::Tensor decode_jpeg(std::string_view bytes);
at::Tensor decode_webp(std::string_view bytes);

// Pixels to decode into; throws BadPicture for a size that no model here can take.
at::Tensor empty_picture(uint64_t width, uint64_t height);

// The orientation tag of an EXIF block, which begins with its TIFF header: 1 to 8, and 1 where it
// is missing or the block is damaged.
int exif_orientation(std::string_view tiff);

// The picture as it is to be looked at; `orientation` as EXIF counts.
at::Tensor upright(const at::Tensor &picture, int orientation);

}  // namespace pictor::diffusion
