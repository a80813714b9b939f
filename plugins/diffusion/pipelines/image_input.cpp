#include "pipelines/image_input.hpp"

#include "error.hpp"
#include "pictures/resize.hpp"
#include "pipelines/pixels.hpp"

#include <string>
#include <vector>

namespace pictor::diffusion {
namespace {

using Sample = TextToImageRequest::Sample;

// The side of the latents or of the image that a request begins from; 0 without one.
int64_t side_of_input(const Sample &sample, int64_t axis, const SizeRules &rules) {
  if (sample.latents.defined()) return sample.latents.size(axis + 1) * rules.multiple;
  if (!rules.of_image || !sample.image.defined() || sample.mask_image.defined()) return 0;
  return sample.image.size(axis) / rules.multiple * rules.multiple;
}

int64_t resolve(const TextToImageRequest &request, int64_t asked, int64_t axis,
                const SizeRules &rules, const std::string &parameter) {
  int64_t side = 0;
  for (const Sample &sample : request.samples) {
    const int64_t own = side_of_input(sample, axis, rules);
    if (side != 0 && own != side && asked == 0) {
      throw Error{ErrorKind::internal, "images of different sizes in one request"};
    }
    side = own;
  }
  const Sample &first = request.samples.front();
  if (first.latents.defined() && asked != 0 && asked != side) {
    throw Error{ErrorKind::invalid_argument,
                parameter + " = " + std::to_string(asked) + ", but the latents have " +
                    std::to_string(side),
                parameter};
  }
  if (rules.of_image && first.image.defined() && asked == 0 && !first.mask_image.defined() &&
      side == 0) {
    throw Error{ErrorKind::invalid_argument,
                "image: it is smaller than the " + std::to_string(rules.multiple) +
                    " pixels of one latent; set width and height",
                "image"};
  }
  return resolve_side(asked, side != 0 ? side : rules.default_size, rules.multiple, parameter);
}

// uint8 [samples, height, width, 3]
at::Tensor stretched(const TextToImageRequest &request, at::Tensor Sample::*picture,
                     const PictureSize &size) {
  std::vector<at::Tensor> pictures;
  for (const Sample &sample : request.samples) {
    pictures.push_back(resize_lanczos(sample.*picture, size.height, size.width));
  }
  return at::stack(pictures);
}

}  // namespace

PictureSize picture_size(const TextToImageRequest &request, const SizeRules &rules) {
  return {resolve(request, request.height, 0, rules, "height"),
          resolve(request, request.width, 1, rules, "width")};
}

at::Tensor image_pixels(const TextToImageRequest &request, const PictureSize &size) {
  const at::Tensor unit = stretched(request, &Sample::image, size).to(at::kFloat) / 255;
  return (2 * unit - 1).permute({0, 3, 1, 2});
}

at::Tensor mask_pixels(const TextToImageRequest &request, const PictureSize &size) {
  constexpr int64_t kHalf = 128;  // of 255, rounded up
  const at::Tensor masks = stretched(request, &Sample::mask_image, size);
  std::vector<at::Tensor> white;
  for (const at::Tensor &mask : masks.unbind()) white.push_back(to_gray(mask).ge(kHalf));
  return at::stack(white).to(at::kFloat).permute({0, 3, 1, 2});
}

}  // namespace pictor::diffusion
