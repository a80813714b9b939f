// Heun's method along a rectified flow, as diffusers' FlowMatchHeunDiscreteScheduler steps it. A
// step is two calls, the last step one.
#include "config.hpp"
#include "flow_schedule.hpp"
#include "heun_step.hpp"
#include "kind.hpp"
#include "schedule.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

namespace {

class FlowHeun : public Scheduler {
 public:
  FlowHeun(const SchedulerConfig &config, const SchedulerRequest &request) {
    const int64_t train = train_timesteps(config);
    const auto trained_steps = static_cast<double>(train);
    const double shift = flow_shift(config, request, "shift");
    // The shift moves the last sigma twice, as in diffusers.
    sigmas_ = linspace(1, shifted(1 / trained_steps, shift), checked_steps(request, train));
    for (double &sigma : sigmas_) sigma = shifted(sigma, shift);
    narrow_all(sigmas_);
    for (const double sigma : sigmas_) timesteps_.push_back(sigma * trained_steps);
    narrow_all(timesteps_);
    sigmas_.push_back(0.0);
    double_all_but_ends(timesteps_, sigmas_);
  }

  std::size_t calls_per_step() const override { return 2; }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    return heun_step(model_output, latents, i, sigmas_, history);
  }

 protected:
  SignalAndNoise level(std::size_t i) const override { return {1 - sigmas_[i], sigmas_[i]}; }
};

}  // namespace

const SchedulerKind &flow_heun_kind() {
  static const SchedulerKind kind = {
      "FlowMatchHeunDiscreteScheduler",
      {"num_train_timesteps", "shift"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<FlowHeun>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
