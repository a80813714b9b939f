#pragma once

#include "config.hpp"
#include "prediction.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

// Karras et al. 2022 (arXiv:2206.00364): models whose input and output are scaled by the noise and
// the data's deviation, `sigma_data`; section 5 and table 1 of the paper.
namespace pictor::diffusion {

class EdmScaling {
 public:
  // From `sigma_data` and `prediction_type`, which is epsilon or v_prediction.
  explicit EdmScaling(const SchedulerConfig &config);

  // What the model sees of picture + sigma * noise.
  at::Tensor input(const at::Tensor &latents, double sigma) const;

  // The picture that the model sees in the latents.
  at::Tensor picture(const at::Tensor &model_output, const at::Tensor &latents, double sigma) const;

 private:
  double sigma_data_;
  bool epsilon_;
};

// `count` falling sigmas by `sigma_schedule`, `sigma_min`, `sigma_max` and `rho`.
std::vector<double> edm_sigmas(const SchedulerConfig &config, int64_t count);

// What the model is told of the noise: a quarter of log sigma.
std::vector<double> edm_timesteps(const std::vector<double> &sigmas);

// What unit noise is multiplied by to make the first latents.
double edm_init_noise_sigma(const SchedulerConfig &config);

}  // namespace pictor::diffusion
