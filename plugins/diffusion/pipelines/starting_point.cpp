#include "pipelines/starting_point.hpp"

#include "error.hpp"
#include "pipelines/autoencoding.hpp"

#include <string>
#include <vector>

namespace pictor::diffusion {
namespace {

std::vector<int64_t> latent_shape(const StartingPointOptions &options) {
  const AutoencoderConfig &config = options.vae.config();
  return {config.latent_channels, options.size.height / config.scale(),
          options.size.width / config.scale()};
}

// The request's latents, or its images encoded.
at::Tensor image_latents(const TextToImageRequest &request, const StartingPointOptions &options,
                         at::Device device) {
  if (!request.samples.front().latents.defined()) {
    return encode_pictures(options.vae, image_pixels(request, options.size).to(device), request,
                           options.noise, options.callbacks);
  }
  std::vector<at::Tensor> latents;
  for (const auto &sample : request.samples) {
    if (sample.latents.sizes() != at::IntArrayRef{latent_shape(options)}) {
      throw Error{ErrorKind::invalid_argument,
                  "latents: they are of another shape than the model's", "image"};
    }
    latents.push_back(sample.latents.to(device, at::kFloat));
  }
  return at::stack(latents);
}

// The mask, [samples, 1, h, w] of the latents: every pixel is the first of those it stands for.
at::Tensor shrunk(const at::Tensor &mask, int64_t scale) {
  return mask.slice(2, 0, mask.size(2), scale).slice(3, 0, mask.size(3), scale).contiguous();
}

// What an inpainting unet sees beside its latents. `mask`: [samples, 1, height, width].
at::Tensor mask_and_kept(const TextToImageRequest &request, const StartingPointOptions &options,
                         const at::Tensor &mask) {
  if (request.samples.front().latents.defined()) {
    throw Error{ErrorKind::invalid_argument,
                "image: this model paints into pictures and takes no latents in their place",
                "image"};
  }
  const at::Tensor kept = image_pixels(request, options.size).to(mask.device()) * (1 - mask);
  return at::cat({shrunk(mask, options.vae.config().scale()),
                  encode_pictures(options.vae, kept, request, options.noise, options.callbacks)},
                 1);
}

}  // namespace

StartingPoint starting_point(const TextToImageRequest &request,
                             const StartingPointOptions &options) {
  const Scheduler &scheduler = *options.chosen.scheduler;
  const std::vector<int64_t> shape = latent_shape(options);
  StartingPoint start;
  start.calls = calls_of(options.chosen, request, options.partial_step);
  if (!has_image(request)) {
    start.latents = options.noise.draw(shape) * scheduler.init_noise_sigma();
    return start;
  }
  const bool mask = has_mask(request), put_back = mask && !options.inpainting_unet;
  // diffusers' inpainting begins from nothing but noise at full strength, its image to image never.
  const bool from_noise = mask && *request.strength == 1 && !request.denoising_start;
  const at::Device device = options.noise.device();

  at::Tensor original;
  if (put_back || !from_noise) original = image_latents(request, options, device);
  const bool draws = mask || !request.denoising_start;
  const at::Tensor noise = draws ? options.noise.draw(shape) : at::Tensor{};
  if (from_noise) {
    start.latents = noise * scheduler.init_noise_sigma();
  } else if (request.denoising_start) {
    start.latents = original;
  } else {
    start.latents = scheduler.add_noise(original, noise, start.calls.begin);
  }
  if (!mask) return start;

  const at::Tensor painted = mask_pixels(request, options.size).to(device);
  if (!put_back) {
    start.beside_latents = mask_and_kept(request, options, painted);
    return start;
  }
  // diffusers encodes the masked image here, too, and does not use it: its numbers are drawn.
  if (!request.samples.front().latents.defined()) options.noise.draw(shape, options.vae.dtype());
  const at::Tensor small = shrunk(painted, options.vae.config().scale());
  start.after_step = [=, &scheduler, end = start.calls.end](const at::Tensor &x, size_t i) {
    const at::Tensor as_noisy =
        i + 1 < end ? scheduler.add_noise(original, noise, i + 1) : original;
    return (1 - small) * as_noisy + small * x;
  };
  return start;
}

}  // namespace pictor::diffusion
