#pragma once

#include "prediction.hpp"
#include "schedule.hpp"
#include "scheduler.hpp"

#include <vector>

namespace pictor::diffusion {

// What the schedulers after DDPM share: latents are sqrt(a) * picture + sqrt(1 - a) * noise, where
// a is alphas_cumprod at a whole training timestep. A class fills timesteps_ in its constructor.
class AlphaSpaceScheduler : public Scheduler {
 public:
  // `ends_in_picture`: whether nothing but the picture is left below the first training timestep
  // where the configuration's `set_alpha_to_one` is silent.
  AlphaSpaceScheduler(const SchedulerConfig &config, bool ends_in_picture,
                      const BetaDefaults &defaults = {});

 protected:
  PredictionType prediction() const { return prediction_; }
  SignalAndNoise level(std::size_t i) const override;

  // alphas_cumprod; the final one where `timestep` is negative.
  double alpha_at(double timestep) const;

  // Throws where the first timestep leaves no picture for an epsilon to lead to.
  void check_first_timestep(const SchedulerConfig &config) const;

 private:
  PredictionType prediction_;
  std::vector<float> alphas_cumprod_;
  float final_alpha_;
};

}  // namespace pictor::diffusion
