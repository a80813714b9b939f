// Euler's method along sigma: algorithm 2 of Karras et al. 2022 (arXiv:2206.00364) without churn,
// as diffusers' EulerDiscreteScheduler steps it.
#include "config.hpp"
#include "kind.hpp"
#include "prediction.hpp"
#include "schedule.hpp"
#include "sigma_space.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace pictor::diffusion {

namespace {

class Euler : public SigmaSpaceScheduler {
 public:
  Euler(const SchedulerConfig &config, const SchedulerRequest &request)
      : SigmaSpaceScheduler(config) {
    const std::vector<float> table = make_sigma_table(config, make_alphas_cumprod(config));
    if (request.sigmas.empty()) {
      use_timesteps(config, request, table);
    } else {
      use_sigmas(request.sigmas, table);
    }
    narrow_all(sigmas_);
    if (config.choice("timestep_type", "discrete", {"discrete", "continuous"}) == 1 &&
        prediction() == PredictionType::v_prediction) {
      use_continuous_timesteps(config, request);
    }
    narrow_all(timesteps_);
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &) const override {
    check_step(i, noise);
    const at::Tensor slope = (latents - picture(model_output, latents, i)) / sigmas_[i];
    return latents + slope * (sigmas_[i + 1] - sigmas_[i]);
  }

 private:
  void use_sigmas(const std::vector<double> &sigmas, const std::vector<float> &table) {
    sigmas_ = sigmas;
    narrow_all(sigmas_);
    check_sigmas(sigmas_, static_cast<int64_t>(table.size()));
    timesteps_ = sigmas_to_timesteps({sigmas_.begin(), sigmas_.end() - 1}, table);
  }

  void use_timesteps(const SchedulerConfig &config, const SchedulerRequest &request,
                     const std::vector<float> &table) {
    timesteps_ = chosen_timesteps(config, request, table);
    if (config.choice("interpolation_type", "linear", {"linear", "log_linear"}) == 0) {
      sigmas_ = interpolate(timesteps_, table);
    } else {
      const auto count = static_cast<int64_t>(timesteps_.size());
      sigmas_ = exponential_sigmas({table.back(), table.front()}, count + 1);
    }
    spread(config, table);
    sigmas_.push_back(final_sigma(config, table));
  }

  // Models of the EDM kind are told a quarter of log sigma.
  void use_continuous_timesteps(const SchedulerConfig &config, const SchedulerRequest &request) {
    if (!request.timesteps.empty()) {
      config.reject("timestep_type", "takes no list of timesteps; give sigmas instead");
    }
    for (std::size_t i = 0; i < timesteps_.size(); ++i) timesteps_[i] = 0.25 * std::log(sigmas_[i]);
  }
};

}  // namespace

const SchedulerKind &euler_kind() {
  static const SchedulerKind kind = {
      "EulerDiscreteScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "prediction_type", "interpolation_type", "use_karras_sigmas", "use_exponential_sigmas",
       "use_beta_sigmas", "sigma_min", "sigma_max", "timestep_spacing", "timestep_type",
       "steps_offset", "rescale_betas_zero_snr", "final_sigmas_type"},
      true,
      true,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Euler>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
