// Trajectory consistency distillation: Zheng et al. 2024 (arXiv:2402.19159), as diffusers'
// TCDScheduler steps it. eta is the paper's gamma.
#include "alpha_space.hpp"
#include "config.hpp"
#include "distilled_timesteps.hpp"
#include "kind.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace pictor::diffusion {

namespace {

class Tcd : public AlphaSpaceScheduler {
 public:
  Tcd(const SchedulerConfig &config, const SchedulerRequest &request)
      : AlphaSpaceScheduler(config, true, {0.00085, 0.012, "scaled_linear"}), eta_(request.eta) {
    timesteps_ = distilled_timesteps(config, request, "TCDScheduler");
    check_first_timestep(config);
  }

  bool needs_noise(std::size_t i) const override { return eta_ > 0 && i + 1 < timesteps_.size(); }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const double next = i + 1 < timesteps_.size() ? timesteps_[i + 1] : 0.0;
    // Timesteps are multiplied in float32, which decides where the product is floored.
    const double below = std::floor(static_cast<float>(1 - eta_) * static_cast<float>(next));
    const double alpha = alpha_at(below);
    const SignalAndNoise at = level(i);
    const at::Tensor sample = predicted_sample(prediction(), model_output, latents, at);
    const at::Tensor epsilon = predicted_noise(prediction(), model_output, latents, at);
    const at::Tensor result = std::sqrt(alpha) * sample + std::sqrt(1 - alpha) * epsilon;
    if (!needs_noise(i)) return result;
    // The step went below `next`, and fresh noise lifts it there.
    const double kept = alpha_at(next) / alpha;
    return std::sqrt(kept) * result + std::sqrt(1 - kept) * noise;
  }

 private:
  double eta_;
};

}  // namespace

const SchedulerKind &tcd_kind() {
  static const SchedulerKind kind = {
      "TCDScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "original_inference_steps", "prediction_type", "rescale_betas_zero_snr"},
      true,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Tcd>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
