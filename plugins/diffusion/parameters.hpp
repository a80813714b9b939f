#pragma once

#include "pipelines/text_to_image.hpp"
#include <pictor/model.hpp>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// Those of load scope.
std::vector<RuntimeParameter> load_parameters();

// All runtime parameters of the model, load scope first. Names and defaults are diffusers'.
std::vector<RuntimeParameter> diffusion_parameters();

// What a request's parameters say, without what belongs to its samples. Throws
// pictor::Error(invalid_argument) for a scheduler_config or a pair of sizes that cannot be.
DrawingSettings settings_of(const Params &generation_kwargs);

// The rest of them: what belongs to a sample, but for its prompt and seed. Throws Error for a
// picture that cannot be decoded.
TextToImageRequest::Sample sample_of(const Params &generation_kwargs);

}  // namespace pictor::diffusion
