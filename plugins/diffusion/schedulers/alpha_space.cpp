#include "alpha_space.hpp"

#include <cmath>

namespace pictor::diffusion {

AlphaSpaceScheduler::AlphaSpaceScheduler(const SchedulerConfig &config, bool ends_in_picture,
                                         const BetaDefaults &defaults)
    : prediction_(prediction_type(config)),
      alphas_cumprod_(make_alphas_cumprod(config, defaults)),
      final_alpha_(config.flag("set_alpha_to_one", ends_in_picture) ? 1.0F
                                                                    : alphas_cumprod_.front()) {}

SignalAndNoise AlphaSpaceScheduler::level(std::size_t i) const {
  const double alpha = alpha_at(timesteps_[i]);
  return {std::sqrt(alpha), std::sqrt(1 - alpha)};
}

double AlphaSpaceScheduler::alpha_at(double timestep) const {
  return timestep < 0 ? final_alpha_ : alphas_cumprod_[static_cast<std::size_t>(timestep)];
}

void AlphaSpaceScheduler::check_first_timestep(const SchedulerConfig &config) const {
  if (alpha_at(timesteps_.front()) > 0 || prediction_ != PredictionType::epsilon) return;
  config.reject("prediction_type",
                "epsilon says nothing of a picture at zero signal to noise; use v_prediction, "
                "or set rescale_betas_zero_snr to false");
}

}  // namespace pictor::diffusion
