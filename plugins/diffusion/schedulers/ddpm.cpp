// DDPM: Ho, Jain & Abbeel 2020 (arXiv:2006.11239), as diffusers' DDPMScheduler steps it.
#include "alpha_space.hpp"
#include "config.hpp"
#include "kind.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

class Ddpm : public AlphaSpaceScheduler {
 public:
  Ddpm(const SchedulerConfig &config, const SchedulerRequest &request)
      : AlphaSpaceScheduler(config, true),
        limit_(config, true),
        large_variance_(takes_large_variance(config)) {
    const int64_t train = train_timesteps(config);
    if (request.timesteps.empty()) {
      timesteps_ = spaced_timesteps(config, timestep_spacing(config, "leading"),
                                    checked_steps(request, train), train);
      round_all(timesteps_);
    } else {
      check_whole_timesteps(request.timesteps, train, "DDPMScheduler");
      timesteps_ = request.timesteps;
    }
    check_first_timestep(config);
  }

  bool needs_noise(std::size_t i) const override {
    return i < timesteps_.size() && timesteps_[i] > 0;
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const double alpha = alpha_at(timesteps_[i]);
    const double next = i + 1 < timesteps_.size() ? alpha_at(timesteps_[i + 1]) : 1.0;
    const at::Tensor sample =
        limit_.apply(predicted_sample(prediction(), model_output, latents, level(i)));

    // Equation 7 of the paper.
    const double beta = 1 - alpha / next;
    const double of_sample = std::sqrt(next) * beta / (1 - alpha);
    const double of_latents = std::sqrt(alpha / next) * (1 - next) / (1 - alpha);
    at::Tensor result = of_sample * sample + of_latents * latents;
    if (!needs_noise(i)) return result;
    constexpr double least_variance = 1e-20;
    const double small = std::max((1 - next) / (1 - alpha) * beta, least_variance);
    return result + std::sqrt(large_variance_ ? beta : small) * noise;
  }

 private:
  static bool takes_large_variance(const SchedulerConfig &config) {
    const std::string variance = config.text("variance_type", "fixed_small");
    if (variance == "learned" || variance == "learned_range") {
      config.not_built("variance_type", "models that predict their variance are not built");
    }
    return config.choice("variance_type", "fixed_small",
                         {"fixed_small", "fixed_small_log", "fixed_large"}) == 2;
  }

  SampleLimit limit_;
  bool large_variance_;
};

}  // namespace

const SchedulerKind &ddpm_kind() {
  static const SchedulerKind kind = {
      "DDPMScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "variance_type", "clip_sample", "prediction_type", "thresholding",
       "dynamic_thresholding_ratio", "clip_sample_range", "sample_max_value", "timestep_spacing",
       "steps_offset", "rescale_betas_zero_snr"},
      true,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Ddpm>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
