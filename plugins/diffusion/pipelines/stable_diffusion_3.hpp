#pragma once

#include "pipelines/pipeline.hpp"

#include <filesystem>
#include <memory>

namespace pictor::diffusion {

// Stable Diffusion 3 and 3.5: with the meaning of diffusers' StableDiffusion3Pipeline and
// StableDiffusion3Img2ImgPipeline. Without a T5 text encoder in the folder its states are zeros, as
// there. Throws Error, or Cancelled.
std::unique_ptr<Pipeline> load_stable_diffusion_3(const std::filesystem::path &folder,
                                                  const LoadOptions &options);

}  // namespace pictor::diffusion
