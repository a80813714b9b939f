#include "pipelines/autoencoding.hpp"

#include "layers/heap.hpp"
#include "pipelines/memory_ladder.hpp"
#include "pipelines/pixels.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

// Pixels that the autoencoder takes at once: its activations are the peak of memory, and one
// picture of this size keeps a CPU busy by itself.
constexpr int64_t kPixelsAtOnce = 512 * 512;

int64_t pictures_at_once(int64_t height, int64_t width) {
  return std::max<int64_t>(1, kPixelsAtOnce / (height * width));
}

// `network` with and without tiles, as the request and the autoencoder let it.
template <class Network>
AutoencoderWork work_of(const AutoencoderKL &vae, at::Device device,
                        const TextToImageRequest &request, const std::string &doing,
                        const std::string &done, const Network &network) {
  const auto with = [&network, device, doing](bool tiled) {
    return [&network, device, doing, tiled](int64_t first, int64_t end) {
      at::Tensor result;
      translating_errors(device, doing, [&] { result = network(first, end, tiled); });
      return result;
    };
  };
  AutoencoderWork work{with(request.vae_tiling), {}, done + " in tiles"};
  if (!request.vae_tiling && vae.has_tiles()) work.tiled = with(true);
  return work;
}

}  // namespace

at::Tensor decode_pictures(const AutoencoderKL &vae, const at::Tensor &latents,
                           const TextToImageRequest &request, const RunCallbacks &callbacks) {
  const int64_t scale = vae.config().scale();
  const at::Tensor z = vae.unscale(latents);
  const int64_t at_once = pictures_at_once(z.size(2) * scale, z.size(3) * scale);
  if (at_once == 1) release_heap();
  const auto decode = [&](int64_t first, int64_t end, bool tiled) {
    const at::Tensor decoded = vae.decode(z.slice(0, first, end), tiled);
    require_finite(decoded, "the vae's output");
    return to_pixels(decoded);
  };
  return autoencode_within_memory(z.size(0), at_once,
                                  work_of(vae, z.device(), request, "decoding", "decoded", decode),
                                  callbacks);
}

at::Tensor encode_pictures(const AutoencoderKL &vae, const at::Tensor &pixels,
                           const TextToImageRequest &request, Noise &noise,
                           const RunCallbacks &callbacks) {
  const int64_t scale = vae.config().scale(), height = pixels.size(2), width = pixels.size(3);
  const at::Tensor drawn =
      noise.draw({vae.config().latent_channels, height / scale, width / scale}, vae.dtype());
  const auto encode = [&](int64_t first, int64_t end, bool tiled) {
    const at::Tensor z = vae.encode(pixels.slice(0, first, end), drawn.slice(0, first, end), tiled);
    require_finite(z, "the vae encoder's output");
    return z;
  };
  return vae.scale(autoencode_within_memory(
      pixels.size(0), pictures_at_once(height, width),
      work_of(vae, pixels.device(), request, "encoding", "encoded", encode), callbacks));
}

}  // namespace pictor::diffusion
