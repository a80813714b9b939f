#pragma once

#include "pipelines/pipeline.hpp"

#include <filesystem>
#include <memory>

namespace pictor::diffusion {

// Stable Diffusion 1.x and 2.x: text to image with the meaning of diffusers'
// StableDiffusionPipeline. A safety checker in the folder is not loaded. Throws Error, or
// Cancelled.
std::unique_ptr<Pipeline> load_stable_diffusion(const std::filesystem::path &folder,
                                                const LoadOptions &options);

}  // namespace pictor::diffusion
