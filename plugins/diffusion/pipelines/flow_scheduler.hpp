#pragma once

#include "pipelines/denoising.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>

namespace pictor::diffusion {

// What a family of rectified flows asks of its scheduler.
struct FlowRun {
  int64_t image_tokens;  // those of one picture; more of them shift the flow towards noise
  bool own_sigmas;       // from 1 to 1 / steps where the request gives none, as FLUX does
};

// As choose_scheduler, for a denoiser that predicts the velocity of a rectified flow. Throws Error
// for a scheduler that is made for another kind of prediction.
ChosenScheduler choose_flow_scheduler(const nlohmann::json &model_config,
                                      TextToImageRequest request, const FlowRun &run);

}  // namespace pictor::diffusion
