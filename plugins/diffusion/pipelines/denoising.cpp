#include "pipelines/denoising.hpp"

#include "error.hpp"
#include "pipelines/pixels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace pictor::diffusion {
namespace {

// diffusers' default of every scheduler's num_train_timesteps.
constexpr double kTrainTimesteps = 1000;

// The timestep at which `share` of the noise is gone. Halves round to even, as in Python.
double cutoff(const ChosenScheduler &chosen, double share) {
  return std::nearbyint(chosen.train_timesteps - share * chosen.train_timesteps);
}

size_t first_call_below(const ChosenScheduler &chosen, double timestep) {
  const std::vector<double> &timesteps = chosen.scheduler->timesteps();
  const auto found = std::find_if(timesteps.begin(), timesteps.end(),
                                  [&](double other) { return other < timestep; });
  return static_cast<size_t>(found - timesteps.begin());
}

// A step of several calls is not begun in its middle: then the call before belongs to it.
size_t first_call_after(const ChosenScheduler &chosen, double share) {
  const size_t call = first_call_below(chosen, cutoff(chosen, share));
  return call - call % chosen.scheduler->calls_per_step();
}

// Of n steps, the last n * strength are taken.
size_t first_call_of_strength(const ChosenScheduler &chosen, const TextToImageRequest &request,
                              PartialStep partial_step) {
  const int64_t steps = step_count(chosen, request);
  const double share = static_cast<double>(steps) * *request.strength;
  const auto taken = partial_step == PartialStep::left_out
                         ? static_cast<int64_t>(share)
                         : steps - static_cast<int64_t>(static_cast<double>(steps) - share);
  if (taken == 0) return chosen.scheduler->timesteps().size();  // PNDM has one call more than steps
  return static_cast<size_t>(steps - taken) * chosen.scheduler->calls_per_step();
}

void require_calls(const CallRange &calls, const std::string &parameter) {
  if (calls.begin < calls.end) return;
  throw Error{ErrorKind::invalid_argument,
              parameter + " leaves no step to take; set another, or more num_inference_steps",
              parameter};
}

}  // namespace

ChosenScheduler choose_scheduler(const nlohmann::json &model_config,
                                 const TextToImageRequest &request, std::optional<double> mu) {
  const nlohmann::json config = scheduler_config(model_config, request.scheduler);
  return {make_scheduler(
              "", config,
              {*request.num_inference_steps, request.timesteps, request.sigmas, request.eta, mu}),
          config.at("_class_name").get<std::string>(),
          config.value("num_train_timesteps", kTrainTimesteps)};
}

int64_t step_count(const ChosenScheduler &chosen, const TextToImageRequest &request) {
  const bool listed = !request.timesteps.empty() || !request.sigmas.empty();
  return listed ? static_cast<int64_t>(chosen.scheduler->timesteps().size())
                : *request.num_inference_steps;
}

CallRange calls_of(const ChosenScheduler &chosen, const TextToImageRequest &request,
                   PartialStep partial_step) {
  CallRange calls{0, chosen.scheduler->timesteps().size()};
  if (has_image(request)) {
    calls.begin = request.denoising_start ? first_call_after(chosen, *request.denoising_start)
                                          : first_call_of_strength(chosen, request, partial_step);
    require_calls(calls, request.denoising_start ? "denoising_start" : "strength");
  }
  if (request.denoising_end && *request.denoising_end < 1) {
    calls.end = first_call_below(chosen, cutoff(chosen, *request.denoising_end));
    require_calls(calls, "denoising_end");
  }
  return calls;
}

at::Tensor denoise(at::Tensor latents, const DenoisingRun &run) {
  const Scheduler &scheduler = run.scheduler;
  const auto count = static_cast<int64_t>(run.calls.end - run.calls.begin);
  Scheduler::History history;
  for (size_t i = run.calls.begin; i < run.calls.end; ++i) {
    stop_if_cancelled(run.callbacks);
    const auto step = static_cast<int64_t>(i - run.calls.begin) + 1;
    const std::string place = " at step " + std::to_string(step) + " of " + std::to_string(count);
    const at::Tensor output =
        run.predict(scheduler.scale_model_input(latents, i), scheduler.timesteps()[i], i);
    require_finite(output, "the denoiser's output" + place);
    const at::Tensor noise =
        scheduler.needs_noise(i) ? run.noise.draw(latents.sizes().slice(1)) : at::Tensor{};
    latents = scheduler.step(output, latents, i, noise, history);
    if (run.after_step) latents = run.after_step(latents, i);
    require_finite(latents, "the scheduler's output" + place);
    if (run.callbacks.on_step) run.callbacks.on_step(step, count);
  }
  return latents;
}

}  // namespace pictor::diffusion
