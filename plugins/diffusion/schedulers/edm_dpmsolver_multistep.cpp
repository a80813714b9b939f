// DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095), multistep, for models of the EDM kind, as
// diffusers' EDMDPMSolverMultistepScheduler steps it.
#include "config.hpp"
#include "dpmsolver.hpp"
#include "edm.hpp"
#include "kind.hpp"
#include "schedule.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

namespace {

class EdmDpmSolverMultistep : public Scheduler {
 public:
  EdmDpmSolverMultistep(const SchedulerConfig &config, const SchedulerRequest &request)
      : scaling_(config),
        limit_(config, false),
        init_noise_sigma_(edm_init_noise_sigma(config)),
        solver_(config),
        ending_(config, static_cast<std::size_t>(steps_of(config, request)), is_clean(config)) {
    if (solver_.sde && solver_.order == 3) {
      config.not_built("solver_order", "diffusers' class has no third order of the SDE either");
    }
    sigmas_ = edm_sigmas(config, steps_of(config, request));
    timesteps_ = edm_timesteps(sigmas_);
    sigmas_.push_back(is_clean(config) ? 0.0 : config.number("sigma_min", 0.002, 1e-6, 1e6));
    narrow_all(sigmas_);
  }

  double init_noise_sigma() const override { return init_noise_sigma_; }

  at::Tensor scale_model_input(const at::Tensor &latents, std::size_t i) const override {
    check_index(i);
    return scaling_.input(latents, sigmas_[i]);
  }

  bool needs_noise(std::size_t i) const override {
    return solver_.sde && i < timesteps_.size() && sigmas_[i + 1] > 0;
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    auto &pictures = history.outputs;
    remember(pictures, limit_.apply(scaling_.picture(model_output, latents, sigmas_[i])),
             solver_.order);
    if (sigmas_[i + 1] == sigmas_[i]) return latents;
    std::vector<double> lambdas = {lambda_of(level(i + 1))};
    const int64_t order = ending_.order_at(i, pictures.size());
    for (int64_t k = 0; k < order; ++k) {
      lambdas.push_back(lambda_of(level(i - static_cast<std::size_t>(k))));
    }
    return solver_.advance(latents, multistep_integral(solver_, pictures, lambdas), level(i),
                           level(i + 1), noise);
  }

 protected:
  SignalAndNoise level(std::size_t i) const override { return {1.0, sigmas_[i]}; }

 private:
  static int64_t steps_of(const SchedulerConfig &config, const SchedulerRequest &request) {
    return checked_steps(request, train_timesteps(config));
  }
  static bool is_clean(const SchedulerConfig &config) {
    return config.choice("final_sigmas_type", "zero", {"zero", "sigma_min"}) == 0;
  }

  EdmScaling scaling_;
  SampleLimit limit_;
  double init_noise_sigma_;
  DpmSolver solver_;
  DpmSolverEnding ending_;
};

}  // namespace

const SchedulerKind &edm_dpmsolver_multistep_kind() {
  static const SchedulerKind kind = {
      "EDMDPMSolverMultistepScheduler",
      {"sigma_min", "sigma_max", "sigma_data", "sigma_schedule", "num_train_timesteps",
       "prediction_type", "rho", "solver_order", "thresholding", "dynamic_thresholding_ratio",
       "sample_max_value", "algorithm_type", "solver_type", "lower_order_final", "euler_at_final",
       "final_sigmas_type"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<EdmDpmSolverMultistep>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
