#pragma once

#include "pipelines/text_to_image.hpp"
#include <pictor/model.hpp>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// The runtime parameters of the model, load scope first. Names and defaults are diffusers'.
std::vector<RuntimeParameter> diffusion_parameters();

// What a request's parameters say, without its samples. Throws pictor::Error(invalid_argument) for
// a scheduler or scheduler_config that cannot be.
TextToImageRequest settings_of(const Params &generation_kwargs);

// Whether samples of the two may share a batch: everything but the prompts is equal.
bool same_settings(const TextToImageRequest &a, const TextToImageRequest &b);

}  // namespace pictor::diffusion
