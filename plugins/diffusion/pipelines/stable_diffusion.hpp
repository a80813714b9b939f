#pragma once

#include "pipelines/pipeline.hpp"

#include <filesystem>
#include <memory>

namespace pictor::diffusion {

// Stable Diffusion 1.x and 2.x, with the meaning of diffusers' StableDiffusionPipeline and its
// Img2Img and Inpaint forms. A safety checker in the folder is not loaded. Throws Error, or
// Cancelled.
std::unique_ptr<Pipeline> load_stable_diffusion(const std::filesystem::path &folder,
                                                const LoadOptions &options);

}  // namespace pictor::diffusion
