#pragma once

#include "pipelines/pipeline.hpp"

#include <filesystem>
#include <memory>

namespace pictor::diffusion {

// Stable Diffusion XL, with the meaning of diffusers' StableDiffusionXLPipeline and its Img2Img and
// Inpaint forms; also the refiner, which has the second text encoder alone. No watermark is added.
// A negative prompt that is empty counts as not given. Throws Error, or Cancelled.
std::unique_ptr<Pipeline> load_stable_diffusion_xl(const std::filesystem::path &folder,
                                                   const LoadOptions &options);

}  // namespace pictor::diffusion
