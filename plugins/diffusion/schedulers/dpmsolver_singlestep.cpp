// DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095), singlestep, deterministic and as an SDE, as
// diffusers' DPMSolverSinglestepScheduler steps it: orders rise from one to solver_order, each step
// of the group beginning at the group's first latents.
#include "config.hpp"
#include "dpmsolver.hpp"
#include "kind.hpp"
#include "lambda_space.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace pictor::diffusion {

namespace {

class DpmSolverSinglestep : public LambdaSpaceScheduler {
 public:
  DpmSolverSinglestep(const SchedulerConfig &config, const SchedulerRequest &request)
      : LambdaSpaceScheduler(config, request, {.class_name = "DPMSolverSinglestepScheduler"}),
        solver_(config) {
    end_at(final_sigma(config, table()));
    const auto steps = static_cast<int64_t>(timesteps_.size());
    for (int64_t i = 0; i < steps; ++i) orders_.push_back(i % solver_.order + 1);
    // A whole number of groups gives its last order up to save the end from instability.
    const bool lowers = config.flag("lower_order_final", false) && steps % solver_.order == 0;
    if (lowers || sigmas_.back() == 0) orders_.back() = 1;
  }

  bool needs_noise(std::size_t i) const override {
    return solver_.sde && i < timesteps_.size() && sigmas_[i + 1] > 0;
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    auto &pictures = history.outputs;
    remember(pictures, picture(model_output, latents, i), solver_.order);
    const int64_t order = std::min(orders_[i], static_cast<int64_t>(pictures.size()));
    if (order == 1) history.sample = latents;
    if (sigmas_[i + 1] == sigmas_[i]) return latents;
    const std::size_t first = i + 1 - static_cast<std::size_t>(order);
    return solver_.advance(history.sample, integral(pictures, first, order), level(first),
                           level(i + 1), noise);
  }

 private:
  // The change of the latents that the pictures of steps `first` to `first + order - 1` make over
  // the step to `first + order`, without alpha.
  at::Tensor integral(const std::vector<at::Tensor> &pictures, std::size_t first,
                      int64_t order) const {
    const auto of = [&](std::size_t n) {
      return pictures[pictures.size() - static_cast<std::size_t>(order) + n];
    };
    const double h = lambda(first + static_cast<std::size_t>(order)) - lambda(first);
    const DpmSolver::Weights weight = solver_.weights(h);
    const at::Tensor flat = weight.flat * of(0);
    if (order == 1) return flat;

    const double r1 = (lambda(first + 1) - lambda(first)) / h;
    const at::Tensor near = (of(1) - of(0)) / r1;
    if (order == 2) return flat + (solver_.heun ? weight.slope : weight.flat / 2) * near;

    const double r2 = (lambda(first + 2) - lambda(first)) / h;
    const at::Tensor far = (of(2) - of(0)) / r2;
    if (!solver_.heun) return flat + weight.slope * far;
    const at::Tensor slope = (r2 * near - r1 * far) / (r2 - r1);
    const at::Tensor bend = 2 * (far - near) / (r2 - r1);
    return flat + weight.slope * slope + weight.bend * bend;
  }

  DpmSolver solver_;
  std::vector<int64_t> orders_;
};

}  // namespace

const SchedulerKind &dpmsolver_singlestep_kind() {
  static const SchedulerKind kind = {
      "DPMSolverSinglestepScheduler",
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
       "use_karras_sigmas",
       "use_exponential_sigmas",
       "use_beta_sigmas",
       "use_flow_sigmas",
       "flow_shift",
       "final_sigmas_type",
       "lambda_min_clipped",
       "variance_type",
       "use_dynamic_shifting",
       "time_shift_type",
       "sigma_min",
       "sigma_max"},
      true,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<DpmSolverSinglestep>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
