// DDIM: Song, Meng & Ermon 2020 (arXiv:2010.02502), as diffusers' DDIMScheduler steps it.
#include "config.hpp"
#include "kind.hpp"
#include "prediction.hpp"
#include "schedule.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

class Ddim : public Scheduler {
 public:
  Ddim(const SchedulerConfig &config, const SchedulerRequest &request)
      : prediction_(prediction_type(config)),
        limit_(config, true),
        eta_(request.eta),
        alphas_cumprod_(make_alphas_cumprod(config)),
        final_alpha_(config.flag("set_alpha_to_one", true) ? 1.0F : alphas_cumprod_.front()) {
    const int64_t train = train_timesteps(config);
    const int64_t steps = checked_steps(request, train);
    stride_ = train / steps;
    timesteps_ = spaced_timesteps(config, timestep_spacing(config, "leading"), steps, train);
    round_all(timesteps_);
    if (alpha_at(timesteps_.front()) == 0 && prediction_ == PredictionType::epsilon) {
      config.reject("prediction_type",
                    "epsilon says nothing of a picture at zero signal to noise; use v_prediction, "
                    "or set rescale_betas_zero_snr to false");
    }
  }

  bool needs_noise(std::size_t) const override { return eta_ > 0; }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const SignalAndNoise at = level(i);
    const double alpha = alpha_at(timesteps_[i]);
    const double next = alpha_at(timesteps_[i] - static_cast<double>(stride_));
    const at::Tensor sample =
        limit_.apply(predicted_sample(prediction_, model_output, latents, at));
    const at::Tensor epsilon = predicted_noise(prediction_, model_output, latents, at);

    // Equations 12 and 16 of the paper.
    const double variance = (1 - next) / (1 - alpha) * (1 - alpha / next);
    const double deviation = eta_ * std::sqrt(std::max(variance, 0.0));
    const double direction = std::sqrt(std::max(1 - next - deviation * deviation, 0.0));
    at::Tensor result = std::sqrt(next) * sample + direction * epsilon;
    if (needs_noise(i)) result = result + deviation * noise;
    return result;
  }

 protected:
  SignalAndNoise level(std::size_t i) const override {
    const double alpha = alpha_at(timesteps_[i]);
    return {std::sqrt(alpha), std::sqrt(1 - alpha)};
  }

 private:
  // alphas_cumprod, and the final one below the first timestep.
  double alpha_at(double timestep) const {
    return timestep < 0 ? final_alpha_ : alphas_cumprod_[static_cast<std::size_t>(timestep)];
  }

  PredictionType prediction_;
  SampleLimit limit_;
  double eta_;
  std::vector<float> alphas_cumprod_;
  float final_alpha_;
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
