#pragma once

#include "config.hpp"
#include "scheduler.hpp"

#include <vector>

namespace pictor::diffusion {

// The timesteps of a run of a consistency model (LCM, TCD): spread over those that the model was
// distilled with, of which there are `original_inference_steps`; or the request's own list.
// Throws Error (num_inference_steps) for more steps than that.
std::vector<double> distilled_timesteps(const SchedulerConfig &config,
                                        const SchedulerRequest &request,
                                        const std::string &class_name);

}  // namespace pictor::diffusion
