#pragma once

#include "pipelines/text_to_image.hpp"

#include <ATen/ATen.h>

#include <cstdint>

// The pictures that a request begins from, as diffusers' VaeImageProcessor prepares them.
namespace pictor::diffusion {

struct PictureSize {
  int64_t height;
  int64_t width;
};

struct SizeRules {
  int64_t default_size;  // a side, 0: there is none
  int64_t multiple;      // that both sides must be
  bool of_image = true;  // an image without a mask sets the size
};

// How large the pictures of a request are: as asked; as large as the image, cut to multiples; else
// of the default size. Throws Error naming the parameter.
PictureSize picture_size(const TextToImageRequest &request, const SizeRules &rules);

// The images: float32 [samples, 3, height, width], -1 to 1, on the CPU. An image of another size is
// stretched to it with PIL's Lanczos filter; one that has it is taken as it is.
at::Tensor image_pixels(const TextToImageRequest &request, const PictureSize &size);

// The mask images: float32 [samples, 1, height, width], 1 where they are white, 0 where they are
// black, nothing between. Stretched as images are.
at::Tensor mask_pixels(const TextToImageRequest &request, const PictureSize &size);

}  // namespace pictor::diffusion
