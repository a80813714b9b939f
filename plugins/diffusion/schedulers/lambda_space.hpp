#pragma once

#include "prediction.hpp"
#include "schedule.hpp"
#include "scheduler.hpp"
#include "sigma_schedule.hpp"

#include <string>
#include <vector>

namespace pictor::diffusion {

// What the exponential integrators share (DPM-Solver, DEIS, UniPC): steps are taken along lambda,
// half the logarithm of signal to noise. Latents have unit variance, or lie on a flow. A class
// names the last of sigmas_ in its constructor, by end_at().
class LambdaSpaceScheduler : public Scheduler {
 protected:
  struct Traits {
    std::string class_name;
    bool rounds_cosine = true;   // whether Karras' timesteps are rounded for cosine betas too
    bool flow_from_one = false;  // whether a flow begins at pure noise, and with lists of sigmas
  };

  LambdaSpaceScheduler(const SchedulerConfig &config, const SchedulerRequest &request,
                       const Traits &traits);

  // Ends sigmas_. Throws where two steps have the same noise, which higher orders divide by.
  void end_at(double sigma);

  SignalAndNoise level(std::size_t i) const override;
  double lambda(std::size_t i) const;

  PredictionType prediction() const { return prediction_; }
  SigmaSchedule schedule() const { return schedule_; }
  const std::vector<float> &table() const { return table_; }  // sigma of each training timestep

  // The picture that the model sees in the latents at step `i`, within its range.
  at::Tensor picture(const at::Tensor &model_output, const at::Tensor &latents,
                     std::size_t i) const;

 private:
  void use_timesteps(const std::vector<double> &timesteps, const std::string &class_name);
  void use_spacing(const SchedulerConfig &config, int64_t steps);
  void use_schedule(const SchedulerConfig &config, int64_t steps, bool rounds_cosine);
  void use_flow(const SchedulerConfig &config, const SchedulerRequest &request, bool from_one);
  int64_t last_timestep(const SchedulerConfig &config) const;

  PredictionType prediction_;
  SampleLimit limit_;
  SigmaSchedule schedule_;
  std::vector<float> table_;
};

}  // namespace pictor::diffusion
