// DDIM: Song, Meng & Ermon 2020 (arXiv:2010.02502), as diffusers' DDIMScheduler steps it.
#include "alpha_space.hpp"
#include "config.hpp"
#include "kind.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

class Ddim : public AlphaSpaceScheduler {
 public:
  Ddim(const SchedulerConfig &config, const SchedulerRequest &request)
      : AlphaSpaceScheduler(config, true), limit_(config, true), eta_(request.eta) {
    const int64_t train = train_timesteps(config);
    const int64_t steps = checked_steps(request, train);
    stride_ = train / steps;
    timesteps_ = spaced_timesteps(config, timestep_spacing(config, "leading"), steps, train);
    round_all(timesteps_);
    check_first_timestep(config);
  }

  bool needs_noise(std::size_t) const override { return eta_ > 0; }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const SignalAndNoise at = level(i);
    const double alpha = alpha_at(timesteps_[i]);
    const double next = alpha_at(timesteps_[i] - static_cast<double>(stride_));
    const at::Tensor sample =
        limit_.apply(predicted_sample(prediction(), model_output, latents, at));
    const at::Tensor epsilon = predicted_noise(prediction(), model_output, latents, at);

    // Equations 12 and 16 of the paper.
    const double variance = (1 - next) / (1 - alpha) * (1 - alpha / next);
    const double deviation = eta_ * std::sqrt(std::max(variance, 0.0));
    const double direction = std::sqrt(std::max(1 - next - deviation * deviation, 0.0));
    at::Tensor result = std::sqrt(next) * sample + direction * epsilon;
    if (needs_noise(i)) result = result + deviation * noise;
    return result;
  }

 private:
  SampleLimit limit_;
  double eta_;
  int64_t stride_;
};

}  // namespace

const SchedulerKind &ddim_kind() {
  static const SchedulerKind kind = {
      "DDIMScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "clip_sample", "set_alpha_to_one", "steps_offset", "prediction_type", "thresholding",
       "dynamic_thresholding_ratio", "clip_sample_range", "sample_max_value", "timestep_spacing",
       "rescale_betas_zero_snr"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Ddim>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
