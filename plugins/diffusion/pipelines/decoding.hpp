#pragma once

#include "autoencoders/autoencoder_kl.hpp"
#include "pipelines/text_to_image.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

// Finished latents [samples, channels, h, w] -> uint8 [samples, height, width, 3], contiguous, on
// the CPU. Large pictures are decoded one by one. Throws Cancelled between them, and Error where
// numbers are not finite.
at::Tensor decode_pictures(const AutoencoderKL &vae, const at::Tensor &latents,
                           const RunCallbacks &callbacks);

}  // namespace pictor::diffusion
