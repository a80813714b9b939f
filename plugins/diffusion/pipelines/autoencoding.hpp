#pragma once

#include "autoencoders/autoencoder_kl.hpp"
#include "pipelines/noise.hpp"
#include "pipelines/text_to_image.hpp"

#include <ATen/ATen.h>

// Between the pictures of a request and its latents. Large pictures go through the autoencoder one
// by one; where memory runs out in tiles, as they all do where the request has vae_tiling. Both
// throw Cancelled between pictures, and Error where numbers are not finite.
namespace pictor::diffusion {

// Finished latents [samples, channels, h, w] -> uint8 [samples, height, width, 3], contiguous, on
// the CPU.
at::Tensor decode_pictures(const AutoencoderKL &vae, const at::Tensor &latents,
                           const TextToImageRequest &request, const RunCallbacks &callbacks);

// Pixels [samples, 3, height, width], -1 to 1, float32 -> latents as the denoiser has them. Draws
// from `noise` once.
at::Tensor encode_pictures(const AutoencoderKL &vae, const at::Tensor &pixels,
                           const TextToImageRequest &request, Noise &noise,
                           const RunCallbacks &callbacks);

}  // namespace pictor::diffusion
