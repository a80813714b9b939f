#pragma once

#include "scheduler.hpp"

#include <vector>

// Heun's method in two calls: the second, at the end of the step, corrects the slope of the first.
namespace pictor::diffusion {

// [a, b, c, 0] -> [a, b, b, c, c, 0], and as many timesteps as there are calls: one less.
void double_all_but_ends(std::vector<double> &timesteps, std::vector<double> &sigmas);

// The latents after call `i`, even for the first call of a step. `slope`: of the latents along
// sigma at this call. `sigmas`: of double_all_but_ends.
// Throws Error (internal) where a second call has no first.
at::Tensor heun_step(const at::Tensor &slope, const at::Tensor &latents, std::size_t i,
                     const std::vector<double> &sigmas, Scheduler::History &history);

}  // namespace pictor::diffusion
