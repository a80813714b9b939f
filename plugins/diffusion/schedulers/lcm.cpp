// Latent consistency models: Luo et al. 2023 (arXiv:2310.04378), as diffusers' LCMScheduler steps
// them.
#include "alpha_space.hpp"
#include "config.hpp"
#include "distilled_timesteps.hpp"
#include "kind.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace pictor::diffusion {

namespace {

class Lcm : public AlphaSpaceScheduler {
 public:
  Lcm(const SchedulerConfig &config, const SchedulerRequest &request)
      : AlphaSpaceScheduler(config, true, {0.00085, 0.012, "scaled_linear"}),
        limit_(config, false),
        timestep_scaling_(config.number("timestep_scaling", 10.0, 0.0, 1e6)) {
    timesteps_ = distilled_timesteps(config, request, "LCMScheduler");
    check_first_timestep(config);
  }

  bool needs_noise(std::size_t i) const override { return i + 1 < timesteps_.size(); }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const at::Tensor sample =
        limit_.apply(predicted_sample(prediction(), model_output, latents, level(i)));

    // The boundary condition of consistency models (Song et al. 2023, arXiv:2303.01469, appendix
    // C).
    constexpr double sigma_data = 0.5;
    const double scaled = timesteps_[i] * timestep_scaling_;
    const double length = std::hypot(scaled, sigma_data);
    const double skip = sigma_data * sigma_data / (length * length);
    const at::Tensor picture = scaled / length * sample + skip * latents;
    if (!needs_noise(i)) return picture;
    const SignalAndNoise next = level(i + 1);
    return next.alpha * picture + next.sigma * noise;
  }

 private:
  SampleLimit limit_;
  double timestep_scaling_;
};

}  // namespace

const SchedulerKind &lcm_kind() {
  static const SchedulerKind kind = {
      "LCMScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "original_inference_steps", "clip_sample", "clip_sample_range", "prediction_type",
       "thresholding", "dynamic_thresholding_ratio", "sample_max_value", "timestep_scaling",
       "rescale_betas_zero_snr"},
      true,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Lcm>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
