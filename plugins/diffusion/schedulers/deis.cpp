// DEIS: Zhang & Chen 2022 (arXiv:2204.13902), multistep with polynomials in the logarithm of rho,
// as diffusers' DEISMultistepScheduler steps it.
#include "config.hpp"
#include "dpmsolver.hpp"
#include "kind.hpp"
#include "lambda_space.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

class Deis : public LambdaSpaceScheduler {
 public:
  Deis(const SchedulerConfig &config, const SchedulerRequest &request)
      : LambdaSpaceScheduler(config, request, {.class_name = "DEISMultistepScheduler"}),
        solver_order_(config.integer("solver_order", 2, 1, 3)) {
    // Names of other classes' algorithms and solvers are read as the only ones here.
    config.choice("algorithm_type", "deis", {"deis", "dpmsolver", "dpmsolver++"});
    config.choice("solver_type", "logrho", {"logrho", "midpoint", "heun", "bh1", "bh2"});
    constexpr std::size_t few = 15;
    lowers_ = config.flag("lower_order_final", true) && timesteps_.size() < few;
    // A sigma schedule leaves its last sigma in the picture, so its last step does nothing.
    end_at(schedule() == SigmaSchedule::timesteps ? table().front() : sigmas_.back());
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    const SignalAndNoise from = level(i);
    auto &outputs = history.outputs;
    const at::Tensor sample = picture(model_output, latents, i);
    remember(outputs, (latents - from.alpha * sample) / from.sigma, solver_order_);
    if (sigmas_[i + 1] == sigmas_[i]) return latents;

    const std::size_t order = order_at(i, outputs.size());
    at::Tensor scaled = latents / from.alpha;
    for (std::size_t k = 0; k < order; ++k) {
      scaled = scaled + weight(i, k, order) * outputs[outputs.size() - 1 - k];
    }
    return level(i + 1).alpha * scaled;
  }

 private:
  std::size_t order_at(std::size_t i, std::size_t known) const {
    if (lowers_ && i + 1 == timesteps_.size()) return 1;
    if (lowers_ && i + 2 == timesteps_.size()) return std::min<std::size_t>(known, 2);
    return known;
  }

  // Noise over picture.
  double rho(std::size_t i) const {
    const SignalAndNoise at = level(i);
    return at.sigma / at.alpha;
  }

  // The integral over rho, from this step to the next, of the polynomial in log rho that is 1 at
  // the output `k` steps back and 0 at the others of `order`.
  double weight(std::size_t i, std::size_t k, std::size_t order) const {
    // Coefficients of prod (x - root), lowest power first; x is log rho.
    std::vector<double> polynomial = {1.0};
    const double at = std::log(rho(i - k));
    for (std::size_t j = 0; j < order; ++j) {
      if (j == k) continue;
      const double root = std::log(rho(i - j));
      std::vector<double> product(polynomial.size() + 1, 0.0);
      for (std::size_t power = 0; power < polynomial.size(); ++power) {
        product[power] -= root * polynomial[power] / (at - root);
        product[power + 1] += polynomial[power] / (at - root);
      }
      polynomial = product;
    }
    return integral(polynomial, rho(i + 1)) - integral(polynomial, rho(i));
  }

  // Of a polynomial in log rho, over rho from 0: x^n integrates to rho x^n less n times x^(n -
  // 1)'s.
  static double integral(const std::vector<double> &polynomial, double rho) {
    const double x = std::log(rho);
    double of_power = rho;
    double power = rho;
    double sum = polynomial[0] * of_power;
    for (std::size_t n = 1; n < polynomial.size(); ++n) {
      power *= x;
      of_power = power - static_cast<double>(n) * of_power;
      sum += polynomial[n] * of_power;
    }
    return sum;
  }

  int64_t solver_order_;
  bool lowers_;
};

}  // namespace

const SchedulerKind &deis_kind() {
  static const SchedulerKind kind = {
      "DEISMultistepScheduler",
      // sigma_min and sigma_max are left over from other classes, and heeded.
      {"num_train_timesteps", "beta_start",        "beta_end",
       "beta_schedule",       "trained_betas",     "solver_order",
       "prediction_type",     "thresholding",      "dynamic_thresholding_ratio",
       "sample_max_value",    "algorithm_type",    "solver_type",
       "lower_order_final",   "use_karras_sigmas", "use_exponential_sigmas",
       "use_beta_sigmas",     "use_flow_sigmas",   "flow_shift",
       "timestep_spacing",    "steps_offset",      "use_dynamic_shifting",
       "time_shift_type",     "sigma_min",         "sigma_max"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Deis>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
