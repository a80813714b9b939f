// Euler's method with ancestral noise, after k-diffusion's sample_euler_ancestral, as diffusers'
// EulerAncestralDiscreteScheduler steps it.
#include "config.hpp"
#include "kind.hpp"
#include "schedule.hpp"
#include "sigma_space.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace pictor::diffusion {

namespace {

class EulerAncestral : public SigmaSpaceScheduler {
 public:
  EulerAncestral(const SchedulerConfig &config, const SchedulerRequest &request)
      : SigmaSpaceScheduler(config) {
    use_request(config, request, make_sigma_table(config, make_alphas_cumprod(config)));
  }

  bool needs_noise(std::size_t i) const override { return i + 1 < timesteps_.size(); }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const double from = sigmas_[i];
    const double to = sigmas_[i + 1];
    // The step goes below `to`, and fresh noise lifts it there.
    const double up = to * std::sqrt(from * from - to * to) / from;
    const double down = to * to / from;
    const at::Tensor slope = (latents - picture(model_output, latents, i)) / from;
    at::Tensor result = latents + slope * (down - from);
    if (needs_noise(i)) result = result + up * noise;
    return result;
  }
};

}  // namespace

const SchedulerKind &euler_ancestral_kind() {
  static const SchedulerKind kind = {
      "EulerAncestralDiscreteScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "prediction_type", "timestep_spacing", "steps_offset", "rescale_betas_zero_snr"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<EulerAncestral>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
