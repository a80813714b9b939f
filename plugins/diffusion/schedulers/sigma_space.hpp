#pragma once

#include "prediction.hpp"
#include "schedule.hpp"
#include "scheduler.hpp"

namespace pictor::diffusion {

// What the schedulers after k-diffusion share: latents are picture + sigma * noise, and the model
// sees them scaled to unit variance. A class fills timesteps_ and sigmas_ in its constructor.
class SigmaSpaceScheduler : public Scheduler {
 public:
  explicit SigmaSpaceScheduler(const SchedulerConfig &config);

  double init_noise_sigma() const override;
  at::Tensor scale_model_input(const at::Tensor &latents, std::size_t i) const override;

 protected:
  PredictionType prediction() const { return prediction_; }

  SignalAndNoise level(std::size_t i) const override { return {1.0, sigmas_[i]}; }

  // The picture that the model sees in the latents at step `i`.
  at::Tensor picture(const at::Tensor &model_output, const at::Tensor &latents,
                     std::size_t i) const;

 private:
  PredictionType prediction_;
  TimestepSpacing spacing_;
};

}  // namespace pictor::diffusion
