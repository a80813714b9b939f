#pragma once

#include "autoencoders/autoencoder_kl.hpp"
#include "pipelines/denoising.hpp"
#include "pipelines/image_input.hpp"
#include "pipelines/noise.hpp"
#include "pipelines/text_to_image.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

// What a run begins with, and what it takes along of the pictures that it was given.
struct StartingPoint {
  at::Tensor latents;  // those of call `calls.begin`
  CallRange calls;
  // [samples, 1 + channels, h, w]: the mask, and the latents of the image without what it masks.
  // For an inpainting unet, which sees them beside its latents; else undefined.
  at::Tensor beside_latents;
  // Puts back what the mask keeps; empty for such a unet, and without a mask.
  DenoisingRun::AfterStep after_step;
};

struct StartingPointOptions {
  const AutoencoderKL &vae;
  const ChosenScheduler &chosen;
  Noise &noise;  // drawn from in diffusers' order
  const RunCallbacks &callbacks;
  PictureSize size;
  bool inpainting_unet = false;
  PartialStep partial_step = PartialStep::left_out;
};

// From noise, from noise over the request's images, or from its latents. Throws Error naming the
// parameter at fault, and Cancelled.
StartingPoint starting_point(const TextToImageRequest &request,
                             const StartingPointOptions &options);

}  // namespace pictor::diffusion
