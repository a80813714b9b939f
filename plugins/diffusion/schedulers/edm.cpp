#include "edm.hpp"

#include "schedule.hpp"
#include "sigma_schedule.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace pictor::diffusion {

namespace {

SigmaRange edm_range(const SchedulerConfig &config) {
  return configured_range(config, {80.0, 0.002});
}

}  // namespace

EdmScaling::EdmScaling(const SchedulerConfig &config)
    : sigma_data_(config.number("sigma_data", 0.5, 1e-3, 1e3)),
      epsilon_(config.choice("prediction_type", "epsilon", {"epsilon", "v_prediction"}) == 0) {}

at::Tensor EdmScaling::input(const at::Tensor &latents, double sigma) const {
  return latents / std::hypot(sigma, sigma_data_);
}

at::Tensor EdmScaling::picture(const at::Tensor &model_output, const at::Tensor &latents,
                               double sigma) const {
  const double length = std::hypot(sigma, sigma_data_);
  const double skip = sigma_data_ / length * (sigma_data_ / length);
  const double out = sigma * sigma_data_ / length;
  return skip * latents + (epsilon_ ? out : -out) * model_output;
}

std::vector<double> edm_sigmas(const SchedulerConfig &config, int64_t count) {
  const SigmaRange range = edm_range(config);
  std::vector<double> sigmas =
      config.choice("sigma_schedule", "karras", {"karras", "exponential"}) == 0
          ? karras_sigmas(range, count, config.number("rho", 7.0, 0.1, 100))
          : exponential_sigmas(range, count);
  narrow_all(sigmas);
  return sigmas;
}

std::vector<double> edm_timesteps(const std::vector<double> &sigmas) {
  std::vector<double> timesteps;
  for (const double sigma : sigmas) timesteps.push_back(0.25 * std::log(sigma));
  narrow_all(timesteps);
  return timesteps;
}

double edm_init_noise_sigma(const SchedulerConfig &config) {
  return std::hypot(edm_range(config).high, 1.0);
}

}  // namespace pictor::diffusion
