#pragma once

#include "prediction.hpp"
#include "schedule.hpp"
#include "scheduler.hpp"
#include "sigma_schedule.hpp"

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
  SigmaSchedule schedule() const { return schedule_; }

  SignalAndNoise level(std::size_t i) const override { return {1.0, sigmas_[i]}; }

  // The noise of the latents that the model sees at call `i`.
  virtual double seen_sigma(std::size_t i) const { return sigmas_[i]; }

  // Fill timesteps_ and sigmas_ from the request's own timesteps or by the configuration's spacing,
  // and by its sigma schedule; the last of sigmas_ is 0. `table`: of make_sigma_table.
  void use_request(const SchedulerConfig &config, const SchedulerRequest &request,
                   const std::vector<float> &table);

  // The request's own list, or timesteps by the configuration's spacing.
  std::vector<double> chosen_timesteps(const SchedulerConfig &config,
                                       const SchedulerRequest &request,
                                       const std::vector<float> &table) const;

  // Spreads sigmas_ by the sigma schedule where there is one, and takes timesteps_ from them.
  void spread(const SchedulerConfig &config, const std::vector<float> &table);

  // The picture that the model sees in the latents at step `i`.
  at::Tensor picture(const at::Tensor &model_output, const at::Tensor &latents,
                     std::size_t i) const;

 private:
  PredictionType prediction_;
  SigmaSchedule schedule_;
  TimestepSpacing spacing_;
};

}  // namespace pictor::diffusion
