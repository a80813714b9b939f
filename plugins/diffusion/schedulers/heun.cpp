// Heun's method along sigma: algorithm 1 of Karras et al. 2022 (arXiv:2206.00364) without churn, as
// diffusers' HeunDiscreteScheduler steps it. A step is two calls, the last step one.
#include "config.hpp"
#include "heun_step.hpp"
#include "kind.hpp"
#include "sigma_space.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

namespace {

class Heun : public SigmaSpaceScheduler {
 public:
  Heun(const SchedulerConfig &config, const SchedulerRequest &request)
      : SigmaSpaceScheduler(config), limit_(config, false) {
    const BetaDefaults betas{0.00085, 0.012, "linear"};
    use_request(config, request, make_sigma_table(config, make_alphas_cumprod(config, betas)));
    double_all_but_ends(timesteps_, sigmas_);
  }

  std::size_t calls_per_step() const override { return 2; }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    const at::Tensor sample = limit_.apply(picture(model_output, latents, i));
    return heun_step((latents - sample) / sigmas_[i], latents, i, sigmas_, history);
  }

 private:
  SampleLimit limit_;
};

}  // namespace

const SchedulerKind &heun_kind() {
  static const SchedulerKind kind = {
      "HeunDiscreteScheduler",
      // sigma_min and sigma_max are left over from other classes, and heeded.
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "prediction_type", "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas",
       "clip_sample", "clip_sample_range", "timestep_spacing", "steps_offset", "sigma_min",
       "sigma_max"},
      true,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Heun>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
