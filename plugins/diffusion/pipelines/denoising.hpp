#pragma once

#include "pipelines/noise.hpp"
#include "pipelines/text_to_image.hpp"
#include "schedulers/scheduler.hpp"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

// The part of a run between the first latents and the last, which all families share. Latents are
// [samples, ...], float32: pictures of [channels, h, w] or tokens of [tokens, channels].
namespace pictor::diffusion {

struct ChosenScheduler {
  std::unique_ptr<Scheduler> scheduler;
  std::string class_name;  // diffusers'
};

// The scheduler of a run: the model's configuration, with the request's choices laid over it.
// Throws Error naming the parameter at fault.
ChosenScheduler choose_scheduler(const nlohmann::json &model_config,
                                 const TextToImageRequest &request);

// A stretch of a scheduler's calls, and what happens at each. All that it refers to must outlive
// it.
struct DenoisingRun {
  // The denoiser's output for the scaled latents, guidance applied, float32: of their shape.
  using Predict = std::function<at::Tensor(const at::Tensor &latents, double timestep)>;
  // Changes the latents that call `i` came to.
  using AfterStep = std::function<at::Tensor(const at::Tensor &latents, size_t i)>;

  const Scheduler &scheduler;
  Noise &noise;
  const RunCallbacks &callbacks;
  Predict predict;
  size_t begin = 0;  // the first call
  size_t end;        // one beyond the last; at most scheduler.timesteps().size()
  AfterStep after_step{};
};

// Takes `latents` from call `begin` to `end`. Draws a step's noise where the scheduler needs some,
// and tells the progress. Throws Cancelled, and Error where numbers are not finite.
at::Tensor denoise(at::Tensor latents, const DenoisingRun &run);

}  // namespace pictor::diffusion
