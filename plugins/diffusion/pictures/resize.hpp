#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace pictor::diffusion {

// A picture, uint8 [h, w, channels] -> uint8 [height, width, channels]: the resize of PIL
// (Pillow 13) with the Lanczos filter, to the bit. A side that has the asked length already is not
// filtered.
at::Tensor resize_lanczos(const at::Tensor &picture, int64_t height, int64_t width);

// uint8 [h, w, 3] -> uint8 [h, w, 1]: PIL's convert("L"), the luma of ITU-R 601-2.
at::Tensor to_gray(const at::Tensor &picture);

}  // namespace pictor::diffusion
