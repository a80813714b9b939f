#pragma once

#include <ATen/ATen.h>

#include <string>
#include <string_view>

namespace pictor::diffusion {

// A PNG, JPEG or WebP file -> uint8 [height, width, 3], contiguous, on the CPU: the pixels that
// PIL's convert("RGB") gives. Transparency is dropped, as it is there; a JPEG is turned upright as
// its EXIF orientation says. Throws Error naming `parameter` for bytes that are no such file, are
// damaged, or hold what is not read here: an animation, CMYK.
at::Tensor decode_picture(std::string_view bytes, const std::string &parameter);

}  // namespace pictor::diffusion
