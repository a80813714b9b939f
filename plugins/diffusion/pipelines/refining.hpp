#pragma once

#include "pipelines/pipeline.hpp"
#include "pipelines/text_to_image.hpp"

namespace pictor::diffusion {

// Throws Error, of "refiner", unless the two can be drawn with so.
void require_refinable(const Pipeline &base, const Pipeline &refiner);

// Draws with `base` until denoising_end of the noise is gone, 0.8 when not given, and lets
// `refiner` take it from there: the two as an ensemble of expert denoisers (SDXL, arXiv:2307.01952,
// section 2.5). What the refiner does not read of the request is for the base alone. Throws Error,
// or Cancelled.
TextToImageResult generate_refined(const Pipeline &base, const Pipeline &refiner,
                                   const TextToImageRequest &request,
                                   const RunCallbacks &callbacks = {});

// Throws the Error that generate_refined() would for a parameter, as far as `base` can tell at
// once.
void check_refined(const Pipeline &base, const TextToImageRequest &request);

}  // namespace pictor::diffusion
