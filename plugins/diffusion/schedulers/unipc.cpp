// UniPC: Zhao et al. 2023 (arXiv:2302.04867), a predictor of order solver_order and a corrector of
// one order more, as diffusers' UniPCMultistepScheduler steps it.
#include "config.hpp"
#include "dpmsolver.hpp"
#include "kind.hpp"
#include "lambda_space.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

// The weights of differences at `places` (in steps of length hh) that make the integral exact for
// polynomials of as many powers: equation 11 of the paper. `b`: its B(h).
std::vector<double> solve_weights(const std::vector<double> &places, double hh, double b) {
  const auto count = static_cast<int64_t>(places.size());
  // The paper sets the one weight of the lowest order, whatever the step.
  if (count == 1) return {0.5};
  const at::Tensor powers = at::empty({count, count}, at::kDouble);
  const at::Tensor targets = at::empty({count}, at::kDouble);
  double phi = std::expm1(hh) / hh - 1;
  double factorial = 1;
  for (int64_t row = 0; row < count; ++row) {
    for (int64_t column = 0; column < count; ++column) {
      powers[row][column] = std::pow(places[static_cast<std::size_t>(column)], row);
    }
    targets[row] = phi * factorial / b;
    factorial *= static_cast<double>(row + 2);
    phi = phi / hh - 1 / factorial;
  }
  const at::Tensor solved = at::linalg_solve(powers, targets).contiguous();
  return {solved.data_ptr<double>(), solved.data_ptr<double>() + count};
}

class UniPc : public LambdaSpaceScheduler {
 public:
  UniPc(const SchedulerConfig &config, const SchedulerRequest &request);

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override;

 private:
  bool corrects(std::size_t i, const History &history) const;
  std::size_t order_at(std::size_t i, std::size_t known) const;
  at::Tensor converted(const at::Tensor &model_output, const at::Tensor &latents,
                       std::size_t i) const;

  // The latents at step `from` + 1 by the outputs up to `from`, newest last, and, for the
  // corrector, by that of the step's end.
  at::Tensor advance(const at::Tensor &latents, const std::vector<at::Tensor> &outputs,
                     std::size_t from, std::size_t order, const at::Tensor &end_output) const;

  int64_t solver_order_;
  bool predicts_picture_;  // else the integral is of the noise
  bool bh1_;
  bool lowers_;
  std::vector<double> uncorrected_;  // steps whose end is not corrected
};

UniPc::UniPc(const SchedulerConfig &config, const SchedulerRequest &request)
    : LambdaSpaceScheduler(config, request,
                           {.class_name = "UniPCMultistepScheduler", .flow_from_one = true}),
      solver_order_(config.integer("solver_order", 2, 1, 4)),
      predicts_picture_(config.flag("predict_x0", true)),
      // diffusers reads the solvers of the other classes as its default.
      bh1_(config.choice("solver_type", "bh2", {"bh1", "bh2", "midpoint", "heun", "logrho"}) == 0),
      lowers_(config.flag("lower_order_final", true)),
      uncorrected_(config.numbers("disable_corrector")) {
  const bool clean = config.choice("final_sigmas_type", "zero", {"zero", "sigma_min"}) == 0;
  const bool spaced = schedule() == SigmaSchedule::timesteps;
  if (!predicts_picture_ && clean) {
    config.reject("predict_x0", "false needs final_sigmas_type sigma_min");
  }
  if (!predicts_picture_ && prediction() == PredictionType::flow_prediction) {
    config.reject("predict_x0", "false says nothing of a flow");
  }
  const double last = spaced ? table().front() : sigmas_.back();
  end_at(clean ? 0.0 : last);
}

at::Tensor UniPc::step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                       const at::Tensor &noise, History &history) const {
  check_step(i, noise);
  auto &outputs = history.outputs;
  const at::Tensor output = converted(model_output, latents, i);
  at::Tensor corrected = latents;
  if (corrects(i, history)) {
    const std::size_t order = order_at(i - 1, outputs.size());
    corrected = advance(history.sample, outputs, i - 1, order, output);
  }
  remember(outputs, output, solver_order_);
  history.sample = corrected;
  return advance(corrected, outputs, i, order_at(i, outputs.size()), {});
}

bool UniPc::corrects(std::size_t i, const History &history) const {
  if (i == 0 || !history.sample.defined()) return false;
  const auto step = static_cast<double>(i - 1);
  return std::find(uncorrected_.begin(), uncorrected_.end(), step) == uncorrected_.end();
}

std::size_t UniPc::order_at(std::size_t i, std::size_t known) const {
  // No order above one reaches a clean picture, which is at the end of lambda.
  if (sigmas_[i + 1] == 0) return 1;
  return lowers_ ? std::min(known, timesteps_.size() - i) : known;
}

at::Tensor UniPc::converted(const at::Tensor &model_output, const at::Tensor &latents,
                            std::size_t i) const {
  return predicts_picture_ ? picture(model_output, latents, i)
                           : predicted_noise(prediction(), model_output, latents, level(i));
}

at::Tensor UniPc::advance(const at::Tensor &latents, const std::vector<at::Tensor> &outputs,
                          std::size_t from, std::size_t order, const at::Tensor &end_output) const {
  if (sigmas_[from + 1] == sigmas_[from]) return latents;
  const SignalAndNoise start = level(from);
  const SignalAndNoise end = level(from + 1);
  const double h = lambda(from + 1) - lambda(from);
  const double hh = predicts_picture_ ? -h : h;
  const double kept = predicts_picture_ ? end.sigma / start.sigma : end.alpha / start.alpha;
  const double scale = predicts_picture_ ? end.alpha : end.sigma;
  const at::Tensor newest = outputs.back();
  const at::Tensor first_order = kept * latents - scale * std::expm1(hh) * newest;

  // Differences of the other outputs from the newest, over their distance in steps.
  std::vector<double> places;
  std::vector<at::Tensor> differences;
  for (std::size_t k = 1; k < order; ++k) {
    places.push_back((lambda(from - k) - lambda(from)) / h);
    differences.push_back((outputs[outputs.size() - 1 - k] - newest) / places.back());
  }
  if (end_output.defined()) {
    places.push_back(1.0);
    differences.push_back(end_output - newest);
  }
  if (differences.empty()) return first_order;

  const double b = bh1_ ? hh : std::expm1(hh);
  const std::vector<double> weights = solve_weights(places, hh, b);
  at::Tensor sum = at::zeros_like(latents);
  for (std::size_t k = 0; k < weights.size(); ++k) sum = sum + weights[k] * differences[k];
  return first_order - scale * b * sum;
}

}  // namespace

const SchedulerKind &unipc_kind() {
  static const SchedulerKind kind = {
      "UniPCMultistepScheduler",
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
       "predict_x0",
       "solver_type",
       "lower_order_final",
       "disable_corrector",
       "use_karras_sigmas",
       "use_exponential_sigmas",
       "use_beta_sigmas",
       "use_flow_sigmas",
       "flow_shift",
       "timestep_spacing",
       "steps_offset",
       "final_sigmas_type",
       "rescale_betas_zero_snr",
       "use_dynamic_shifting",
       "time_shift_type",
       "sigma_min",
       "sigma_max",
       "shift_terminal"},
      false,
      true,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<UniPc>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
