#include "pipelines/decoding.hpp"

#include "pipelines/pixels.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pictor::diffusion {
namespace {

// Pixels that the decoder takes at once: its activations are the peak of memory, and one picture of
// this size keeps a CPU busy by itself.
constexpr int64_t kPixelsDecodedAtOnce = 512 * 512;

}  // namespace

at::Tensor decode_pictures(const AutoencoderKL &vae, const at::Tensor &latents,
                           const RunCallbacks &callbacks) {
  const int64_t scale = vae.config().scale();
  const int64_t pixels = latents.size(2) * latents.size(3) * scale * scale;
  const int64_t at_once = std::max<int64_t>(1, kPixelsDecodedAtOnce / pixels);
  std::vector<at::Tensor> images;
  for (const at::Tensor &group : vae.unscale(latents).split(at_once)) {
    stop_if_cancelled(callbacks);
    const at::Tensor decoded = vae.decode(group);
    require_finite(decoded, "the vae's output");
    images.push_back(to_pixels(decoded));
  }
  return at::cat(images);
}

}  // namespace pictor::diffusion
