// Euler's method along sigma: algorithm 2 of Karras et al. 2022 (arXiv:2206.00364) without churn,
// as diffusers' EulerDiscreteScheduler steps it.
#include "config.hpp"
#include "error.hpp"
#include "kind.hpp"
#include "prediction.hpp"
#include "schedule.hpp"
#include "sigma_schedule.hpp"
#include "sigma_space.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

class Euler : public SigmaSpaceScheduler {
 public:
  Euler(const SchedulerConfig &config, const SchedulerRequest &request)
      : SigmaSpaceScheduler(config), schedule_(sigma_schedule(config)) {
    const std::vector<float> table = make_sigma_table(config, make_alphas_cumprod(config));
    if (!request.sigmas.empty()) {
      use_sigmas(request.sigmas, table);
    } else if (!request.timesteps.empty()) {
      use_timesteps(config, request.timesteps, table);
    } else {
      use_spacing(config, checked_steps(request, train_timesteps(config)), table);
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

  void use_timesteps(const SchedulerConfig &config, const std::vector<double> &timesteps,
                     const std::vector<float> &table) {
    check_timesteps(timesteps, static_cast<int64_t>(table.size()));
    if (schedule_ != SigmaSchedule::timesteps) {
      throw Error(ErrorKind::invalid_argument,
                  "timesteps: a list of them leaves no room for a sigma schedule; drop one of both",
                  "timesteps");
    }
    timesteps_ = timesteps;
    spread(config, table);
  }

  void use_spacing(const SchedulerConfig &config, int64_t steps, const std::vector<float> &table) {
    timesteps_ = spaced_timesteps(config, timestep_spacing(config, "linspace"), steps,
                                  train_timesteps(config));
    spread(config, table);
  }

  // Sigmas from timesteps_, and timesteps_ from those again where a sigma schedule moved them.
  void spread(const SchedulerConfig &config, const std::vector<float> &table) {
    narrow_all(timesteps_);
    const auto count = static_cast<int64_t>(timesteps_.size());
    if (config.choice("interpolation_type", "linear", {"linear", "log_linear"}) == 0) {
      sigmas_ = interpolate(timesteps_, table);
    } else {
      sigmas_ = exponential_sigmas({table.back(), table.front()}, count + 1);
    }
    if (schedule_ != SigmaSchedule::timesteps) {
      const SigmaRange range = configured_range(config, {sigmas_.front(), sigmas_.back()});
      sigmas_ = spread_sigmas(schedule_, range, count);
      timesteps_ = sigmas_to_timesteps(sigmas_, table);
    }
    sigmas_.push_back(final_sigma(config, table));
  }

  // Models of the EDM kind are told a quarter of log sigma.
  void use_continuous_timesteps(const SchedulerConfig &config, const SchedulerRequest &request) {
    if (!request.timesteps.empty()) {
      config.reject("timestep_type", "takes no list of timesteps; give sigmas instead");
    }
    for (std::size_t i = 0; i < timesteps_.size(); ++i) timesteps_[i] = 0.25 * std::log(sigmas_[i]);
  }

  SigmaSchedule schedule_;
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
