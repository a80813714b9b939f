// Euler's method along a rectified flow (Liu, Gong & Liu 2022, arXiv:2209.03003), as diffusers'
// FlowMatchEulerDiscreteScheduler steps it.
#include "config.hpp"
#include "flow_schedule.hpp"
#include "kind.hpp"
#include "schedule.hpp"
#include "sigma_schedule.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

namespace {

class FlowEuler : public Scheduler {
 public:
  FlowEuler(const SchedulerConfig &config, const SchedulerRequest &request)
      : stochastic_(config.flag("stochastic_sampling", false)) {
    const int64_t train = train_timesteps(config);
    const double shift = flow_shift(config, request, "shift");
    sigmas_ = unshifted_sigmas(config, request, train);
    for (double &sigma : sigmas_) sigma = shifted(sigma, shift);
    stretch_to_terminal(config, sigmas_);
    const SigmaSchedule schedule = sigma_schedule(config);
    if (schedule != SigmaSchedule::timesteps) {
      const SigmaRange range{sigmas_.front(), sigmas_.back()};
      sigmas_ = spread_sigmas(schedule, range, static_cast<int64_t>(sigmas_.size()));
    }
    const bool inverted = config.flag("invert_sigmas", false);
    narrow_all(sigmas_);
    if (inverted) {
      for (double &sigma : sigmas_) sigma = 1 - sigma;
    }
    for (const double sigma : sigmas_) timesteps_.push_back(sigma * static_cast<double>(train));
    if (!request.timesteps.empty() && !inverted) timesteps_ = request.timesteps;
    sigmas_.push_back(inverted ? 1.0 : 0.0);
    narrow_all(timesteps_);
  }

  bool needs_noise(std::size_t) const override { return stochastic_; }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const double from = sigmas_[i];
    const double to = sigmas_[i + 1];
    if (!stochastic_) return latents + (to - from) * model_output;
    return (1 - to) * (latents - from * model_output) + to * noise;
  }

 protected:
  SignalAndNoise level(std::size_t i) const override { return {1 - sigmas_[i], sigmas_[i]}; }

 private:
  // The request's own, or evenly spaced between the ends of the flow that the model was trained
  // with, which a fixed shift has moved already.
  static std::vector<double> unshifted_sigmas(const SchedulerConfig &config,
                                              const SchedulerRequest &request, int64_t train) {
    const auto steps = static_cast<double>(train);
    if (!request.sigmas.empty()) {
      check_flow_list("sigmas", request.sigmas, 1, train);
      return request.sigmas;
    }
    if (!request.timesteps.empty()) {
      check_flow_list("timesteps", request.timesteps, steps, train);
      std::vector<double> sigmas = request.timesteps;
      for (double &sigma : sigmas) sigma /= steps;
      return sigmas;
    }
    const bool dynamic = config.flag("use_dynamic_shifting", false);
    const double shift = dynamic ? 1.0 : config.number("shift", 1.0, 0.01, 100);
    return linspace(1, shifted(1 / steps, shift), checked_steps(request, train));
  }

  bool stochastic_;
};

}  // namespace

const SchedulerKind &flow_euler_kind() {
  static const SchedulerKind kind = {
      "FlowMatchEulerDiscreteScheduler",
      {"num_train_timesteps", "shift", "use_dynamic_shifting", "base_shift", "max_shift",
       "base_image_seq_len", "max_image_seq_len", "invert_sigmas", "shift_terminal",
       "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "time_shift_type",
       "stochastic_sampling"},
      true,
      true,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<FlowEuler>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
