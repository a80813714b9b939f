#include "pipelines/autoencoding.hpp"

#include "pipelines/pixels.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pictor::diffusion {
namespace {

// Pixels that the autoencoder takes at once: its activations are the peak of memory, and one
// picture of this size keeps a CPU busy by itself.
constexpr int64_t kPixelsAtOnce = 512 * 512;

int64_t pictures_at_once(int64_t height, int64_t width) {
  return std::max<int64_t>(1, kPixelsAtOnce / (height * width));
}

}  // namespace

at::Tensor decode_pictures(const AutoencoderKL &vae, const at::Tensor &latents,
                           const RunCallbacks &callbacks) {
  const int64_t scale = vae.config().scale();
  const int64_t at_once = pictures_at_once(latents.size(2) * scale, latents.size(3) * scale);
  std::vector<at::Tensor> images;
  for (const at::Tensor &group : vae.unscale(latents).split(at_once)) {
    stop_if_cancelled(callbacks);
    const at::Tensor decoded = vae.decode(group);
    require_finite(decoded, "the vae's output");
    images.push_back(to_pixels(decoded));
  }
  return at::cat(images);
}

at::Tensor encode_pictures(const AutoencoderKL &vae, const at::Tensor &pixels, Noise &noise,
                           const RunCallbacks &callbacks) {
  const int64_t scale = vae.config().scale(), height = pixels.size(2), width = pixels.size(3);
  const int64_t at_once = pictures_at_once(height, width);
  const at::Tensor drawn =
      noise.draw({vae.config().latent_channels, height / scale, width / scale}, vae.dtype());
  std::vector<at::Tensor> latents;
  for (int64_t first = 0; first < pixels.size(0); first += at_once) {
    stop_if_cancelled(callbacks);
    latents.push_back(vae.encode(pixels.slice(0, first, first + at_once),
                                 drawn.slice(0, first, first + at_once)));
    require_finite(latents.back(), "the vae encoder's output");
  }
  return vae.scale(at::cat(latents));
}

}  // namespace pictor::diffusion
