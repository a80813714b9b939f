#include "pipelines/denoising.hpp"

#include "pipelines/pixels.hpp"

#include <cstdint>

namespace pictor::diffusion {

ChosenScheduler choose_scheduler(const nlohmann::json &model_config,
                                 const TextToImageRequest &request) {
  const nlohmann::json config = scheduler_config(model_config, request.scheduler);
  return {make_scheduler(
              "", config,
              {*request.num_inference_steps, request.timesteps, request.sigmas, request.eta}),
          config.at("_class_name").get<std::string>()};
}

at::Tensor denoise(at::Tensor latents, const DenoisingRun &run) {
  const Scheduler &scheduler = run.scheduler;
  const auto count = static_cast<int64_t>(run.end - run.begin);
  Scheduler::History history;
  for (size_t i = run.begin; i < run.end; ++i) {
    stop_if_cancelled(run.callbacks);
    const auto step = static_cast<int64_t>(i - run.begin) + 1;
    const std::string place = " at step " + std::to_string(step) + " of " + std::to_string(count);
    const at::Tensor output =
        run.predict(scheduler.scale_model_input(latents, i), scheduler.timesteps()[i]);
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
