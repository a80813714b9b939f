#pragma once

#include "pipelines/pipeline.hpp"

#include <filesystem>
#include <memory>

namespace pictor::diffusion {

// FLUX.1 dev and schnell: with the meaning of diffusers' FluxPipeline and FluxImg2ImgPipeline.
// Throws Error, or Cancelled.
std::unique_ptr<Pipeline> load_flux(const std::filesystem::path &folder,
                                    const LoadOptions &options);

}  // namespace pictor::diffusion
