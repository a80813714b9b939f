// Euler's method along sigma for models of the EDM kind, as diffusers' EDMEulerScheduler steps it.
#include "config.hpp"
#include "edm.hpp"
#include "kind.hpp"
#include "schedule.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

namespace {

class EdmEuler : public Scheduler {
 public:
  EdmEuler(const SchedulerConfig &config, const SchedulerRequest &request)
      : scaling_(config), init_noise_sigma_(edm_init_noise_sigma(config)) {
    sigmas_ = edm_sigmas(config, checked_steps(request, train_timesteps(config)));
    timesteps_ = edm_timesteps(sigmas_);
    const bool clean = config.choice("final_sigmas_type", "zero", {"zero", "sigma_min"}) == 0;
    sigmas_.push_back(clean ? 0.0 : sigmas_.back());
  }

  double init_noise_sigma() const override { return init_noise_sigma_; }

  at::Tensor scale_model_input(const at::Tensor &latents, std::size_t i) const override {
    check_index(i);
    return scaling_.input(latents, sigmas_[i]);
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const at::Tensor picture = scaling_.picture(model_output, latents, sigmas_[i]);
    return latents + (latents - picture) / sigmas_[i] * (sigmas_[i + 1] - sigmas_[i]);
  }

 protected:
  SignalAndNoise level(std::size_t i) const override { return {1.0, sigmas_[i]}; }

 private:
  EdmScaling scaling_;
  double init_noise_sigma_;
};

}  // namespace

const SchedulerKind &edm_euler_kind() {
  static const SchedulerKind kind = {
      "EDMEulerScheduler",
      {"sigma_min", "sigma_max", "sigma_data", "sigma_schedule", "num_train_timesteps",
       "prediction_type", "rho", "final_sigmas_type"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<EdmEuler>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
