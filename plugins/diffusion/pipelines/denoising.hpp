#pragma once

#include "pipelines/noise.hpp"
#include "pipelines/text_to_image.hpp"
#include "schedulers/scheduler.hpp"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

// The part of a run between the first latents and the last, which all families share. Latents are
// [samples, ...], float32: pictures of [channels, h, w] or tokens of [tokens, channels].
namespace pictor::diffusion {

struct ChosenScheduler {
  std::unique_ptr<Scheduler> scheduler;
  std::string class_name;  // diffusers'
  double train_timesteps;
};

// The scheduler of a run: the model's configuration, with the request's choices laid over it.
// `mu`: as in SchedulerRequest. Throws Error naming the parameter at fault.
ChosenScheduler choose_scheduler(const nlohmann::json &model_config,
                                 const TextToImageRequest &request, std::optional<double> mu = {});

// Calls of a scheduler, from `begin` up to but not including `end`.
struct CallRange {
  size_t begin;
  size_t end;
};

// The steps of a run: as asked, or as many as the request lists.
int64_t step_count(const ChosenScheduler &chosen, const TextToImageRequest &request);

// What becomes of the part of a step that strength leaves.
enum class PartialStep { left_out, taken };

// What the request leaves of the scheduler's calls: all; with an image those that strength or
// denoising_start leaves; and none after denoising_end. Throws Error naming the parameter that
// leaves none.
CallRange calls_of(const ChosenScheduler &chosen, const TextToImageRequest &request,
                   PartialStep partial_step = PartialStep::left_out);

// A stretch of a scheduler's calls, and what happens at each. All that it refers to must outlive
// it.
struct DenoisingRun {
  // The denoiser's output for the scaled latents at call `i`, guidance applied, float32: of their
  // shape.
  using Predict = std::function<at::Tensor(const at::Tensor &latents, double timestep, size_t i)>;
  // Changes the latents that call `i` came to.
  using AfterStep = std::function<at::Tensor(const at::Tensor &latents, size_t i)>;

  const Scheduler &scheduler;
  Noise &noise;
  const RunCallbacks &callbacks;
  Predict predict;
  CallRange calls;
  AfterStep after_step{};
};

// Takes `latents` through the calls. Draws a step's noise where the scheduler needs some,
// and tells the progress. Throws Cancelled, and Error where numbers are not finite.
at::Tensor denoise(at::Tensor latents, const DenoisingRun &run);

}  // namespace pictor::diffusion
