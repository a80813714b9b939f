// DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095), multistep, deterministic and as an SDE, as
// diffusers' DPMSolverMultistepScheduler steps it. Order 2 is the "DPM++ 2M" of other programs.
#include "config.hpp"
#include "dpmsolver.hpp"
#include "kind.hpp"
#include "lambda_space.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

namespace {

class DpmSolverMultistep : public LambdaSpaceScheduler {
 public:
  DpmSolverMultistep(const SchedulerConfig &config, const SchedulerRequest &request)
      : LambdaSpaceScheduler(config, request,
                             {.class_name = "DPMSolverMultistepScheduler", .rounds_cosine = false}),
        solver_(config),
        ending_(config, timesteps_.size(), final_sigma(config, table()) == 0) {
    end_at(final_sigma(config, table()));
  }

  bool needs_noise(std::size_t i) const override {
    return solver_.sde && i < timesteps_.size() && sigmas_[i + 1] > 0;
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    auto &pictures = history.outputs;
    remember(pictures, picture(model_output, latents, i), solver_.order);
    if (sigmas_[i + 1] == sigmas_[i]) return latents;
    std::vector<double> lambdas = {lambda(i + 1)};
    const int64_t order = ending_.order_at(i, pictures.size());
    for (int64_t k = 0; k < order; ++k) lambdas.push_back(lambda(i - static_cast<std::size_t>(k)));
    return solver_.advance(latents, multistep_integral(solver_, pictures, lambdas), level(i),
                           level(i + 1), noise);
  }

 private:
  DpmSolver solver_;
  DpmSolverEnding ending_;
};

}  // namespace

const SchedulerKind &dpmsolver_multistep_kind() {
  static const SchedulerKind kind = {
      "DPMSolverMultistepScheduler",
      // sigma_min and sigma_max are left over from other classes, and heeded.
      {"num_train_timesteps",
       "beta_start",
       "beta_end",
       "beta_schedule",
       "trained_betas",
       "solver_order",
       "prediction_type",
       "thresholding",
       "dynamic_thresholding_ratio",
       "sample_max_value",
       "algorithm_type",
       "solver_type",
       "lower_order_final",
       "euler_at_final",
       "use_karras_sigmas",
       "use_exponential_sigmas",
       "use_beta_sigmas",
       "use_lu_lambdas",
       "use_flow_sigmas",
       "flow_shift",
       "final_sigmas_type",
       "lambda_min_clipped",
       "variance_type",
       "timestep_spacing",
       "steps_offset",
       "rescale_betas_zero_snr",
       "use_dynamic_shifting",
       "time_shift_type",
       "sigma_min",
       "sigma_max"},
      true,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<DpmSolverMultistep>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
