#include "sigma_space.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

SigmaSpaceScheduler::SigmaSpaceScheduler(const SchedulerConfig &config)
    : prediction_(prediction_type(config)),
      schedule_(sigma_schedule(config)),
      spacing_(timestep_spacing(config, "linspace")) {}

double SigmaSpaceScheduler::init_noise_sigma() const {
  const double highest = *std::max_element(sigmas_.begin(), sigmas_.end());
  // Only the leading spacing counts the picture's own variance, in diffusers too.
  return spacing_ == TimestepSpacing::leading ? std::hypot(highest, 1.0) : highest;
}

at::Tensor SigmaSpaceScheduler::scale_model_input(const at::Tensor &latents, std::size_t i) const {
  check_index(i);
  return latents / std::hypot(seen_sigma(i), 1.0);
}

at::Tensor SigmaSpaceScheduler::picture(const at::Tensor &model_output, const at::Tensor &latents,
                                        std::size_t i) const {
  const double sigma = seen_sigma(i);
  const double alpha = 1 / std::hypot(sigma, 1.0);
  return predicted_sample(prediction_, model_output, alpha * latents, {alpha, sigma * alpha});
}

void SigmaSpaceScheduler::use_request(const SchedulerConfig &config,
                                      const SchedulerRequest &request,
                                      const std::vector<float> &table) {
  timesteps_ = chosen_timesteps(config, request, table);
  sigmas_ = interpolate(timesteps_, table);
  spread(config, table);
  sigmas_.push_back(0.0);
  narrow_all(timesteps_);
  narrow_all(sigmas_);
}

std::vector<double> SigmaSpaceScheduler::chosen_timesteps(const SchedulerConfig &config,
                                                          const SchedulerRequest &request,
                                                          const std::vector<float> &table) const {
  const auto train = static_cast<int64_t>(table.size());
  std::vector<double> timesteps = request.timesteps;
  if (timesteps.empty()) {
    timesteps = spaced_timesteps(config, spacing_, checked_steps(request, train), train);
  } else {
    check_timesteps(timesteps, train);
    check_room_for_timesteps(schedule_);
  }
  narrow_all(timesteps);
  return timesteps;
}

void SigmaSpaceScheduler::spread(const SchedulerConfig &config, const std::vector<float> &table) {
  if (schedule_ == SigmaSchedule::timesteps) return;
  const SigmaRange range = configured_range(config, {sigmas_.front(), sigmas_.back()});
  sigmas_ = spread_sigmas(schedule_, range, static_cast<int64_t>(timesteps_.size()));
  timesteps_ = sigmas_to_timesteps(sigmas_, table);
}

}  // namespace pictor::diffusion
