#include "sigma_space.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

SigmaSpaceScheduler::SigmaSpaceScheduler(const SchedulerConfig &config)
    : prediction_(prediction_type(config)), spacing_(timestep_spacing(config, "linspace")) {}

double SigmaSpaceScheduler::init_noise_sigma() const {
  const double highest = *std::max_element(sigmas_.begin(), sigmas_.end());
  // Only the leading spacing counts the picture's own variance, in diffusers too.
  return spacing_ == TimestepSpacing::leading ? std::hypot(highest, 1.0) : highest;
}

at::Tensor SigmaSpaceScheduler::scale_model_input(const at::Tensor &latents, std::size_t i) const {
  check_index(i);
  return latents / std::hypot(sigmas_[i], 1.0);
}

at::Tensor SigmaSpaceScheduler::picture(const at::Tensor &model_output, const at::Tensor &latents,
                                        std::size_t i) const {
  const double alpha = 1 / std::hypot(sigmas_[i], 1.0);
  return predicted_sample(prediction_, model_output, alpha * latents, {alpha, sigmas_[i] * alpha});
}

}  // namespace pictor::diffusion
