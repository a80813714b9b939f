// DPM-Solver++: Lu et al. 2022 (arXiv:2211.01095), multistep, deterministic and as an SDE, as
// diffusers' DPMSolverMultistepScheduler steps it. Order 2 is the "DPM++ 2M" of other programs.
#include "config.hpp"
#include "error.hpp"
#include "kind.hpp"
#include "prediction.hpp"
#include "schedule.hpp"
#include "sigma_schedule.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pictor::diffusion {

namespace {

enum class Solver { midpoint, heun };

// How the last steps give up order: few steps are unstable there.
struct Ending {
  bool first_order_last = false;
  bool second_order_before = false;
};

class DpmSolverMultistep : public Scheduler {
 public:
  DpmSolverMultistep(const SchedulerConfig &config, const SchedulerRequest &request);

  bool needs_noise(std::size_t i) const override {
    return sde_ && i < timesteps_.size() && sigmas_[i + 1] > 0;
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override;

 protected:
  SignalAndNoise level(std::size_t i) const override;

 private:
  void refuse_unbuilt(const SchedulerConfig &config) const;
  void use_timesteps(const std::vector<double> &timesteps);
  void use_spacing(const SchedulerConfig &config, int64_t steps);
  void use_schedule(const SchedulerConfig &config, int64_t steps);
  void plan_ending(const SchedulerConfig &config);
  void check_sigmas_fall() const;

  int64_t last_timestep(const SchedulerConfig &config) const;
  int64_t order_at(std::size_t i, std::size_t outputs) const;
  double lambda(std::size_t i) const;

  // The change of the latents that the pictures of the last `order` steps make, without alpha.
  at::Tensor integral(const std::vector<at::Tensor> &pictures, std::size_t i, int64_t order) const;

  PredictionType prediction_;
  SampleLimit limit_;
  int64_t solver_order_;
  bool sde_ = false;
  Solver solver_ = Solver::midpoint;
  SigmaSchedule schedule_;
  std::vector<float> table_;  // sigma of each training timestep
  Ending ending_;
};

DpmSolverMultistep::DpmSolverMultistep(const SchedulerConfig &config,
                                       const SchedulerRequest &request)
    : prediction_(prediction_type(config, true)),
      limit_(config, false),
      solver_order_(config.integer("solver_order", 2, 1, 3)),
      schedule_(sigma_schedule(config)),
      table_(make_sigma_table(config, make_alphas_cumprod(config))) {
  refuse_unbuilt(config);
  // diffusers reads "deis" and the solvers of UniPC and DEIS as its defaults.
  sde_ = config.choice("algorithm_type", "dpmsolver++",
                       {"sde-dpmsolver++", "dpmsolver++", "deis"}) == 0;
  const bool heun =
      config.choice("solver_type", "midpoint", {"heun", "midpoint", "logrho", "bh1", "bh2"}) == 0;
  solver_ = heun ? Solver::heun : Solver::midpoint;
  if (!request.timesteps.empty()) {
    use_timesteps(request.timesteps);
  } else {
    const int64_t steps = checked_steps(request, static_cast<int64_t>(table_.size()));
    if (schedule_ == SigmaSchedule::timesteps) {
      use_spacing(config, steps);
    } else {
      use_schedule(config, steps);
    }
  }
  sigmas_.push_back(final_sigma(config, table_));
  narrow_all(sigmas_);
  for (double &timestep : timesteps_) timestep = std::trunc(timestep);
  check_sigmas_fall();
  plan_ending(config);
}

void DpmSolverMultistep::refuse_unbuilt(const SchedulerConfig &config) const {
  const std::string algorithm = config.text("algorithm_type", "dpmsolver++");
  if (algorithm == "dpmsolver" || algorithm == "sde-dpmsolver") {
    config.not_built("algorithm_type", "is not built; use " + algorithm + "++");
  }
  if (config.flag("use_dynamic_shifting", false)) {
    config.not_built("use_dynamic_shifting", "is not built; set flow_shift instead");
  }
  const std::string variance = config.text("variance_type", "");
  if (variance == "learned" || variance == "learned_range") {
    config.not_built("variance_type", "models that predict their variance are not built");
  }
  const bool flow = schedule_ == SigmaSchedule::flow;
  if (prediction_ == PredictionType::flow_prediction && !flow) {
    config.reject("prediction_type", "needs use_flow_sigmas");
  }
}

void DpmSolverMultistep::use_timesteps(const std::vector<double> &timesteps) {
  check_timesteps(timesteps, static_cast<int64_t>(table_.size()));
  if (schedule_ != SigmaSchedule::timesteps) {
    throw Error(ErrorKind::invalid_argument,
                "timesteps: a list of them leaves no room for a sigma schedule; drop one of both",
                "timesteps");
  }
  for (const double timestep : timesteps) {
    if (timestep == std::floor(timestep)) continue;
    throw Error(ErrorKind::invalid_argument,
                "timesteps: DPMSolverMultistepScheduler takes whole numbers only", "timesteps");
  }
  timesteps_ = timesteps;
  sigmas_ = interpolate(timesteps_, table_);
}

void DpmSolverMultistep::use_spacing(const SchedulerConfig &config, int64_t steps) {
  const TimestepSpacing spacing = timestep_spacing(config, "linspace");
  const int64_t last = last_timestep(config);
  if (spacing == TimestepSpacing::trailing) {
    const auto train = static_cast<double>(table_.size());
    timesteps_ = trailing_timesteps(last, train / static_cast<double>(steps));
  } else {
    // One more than there are steps; the clean end is not stepped from.
    timesteps_ = spaced_timesteps(config, spacing, steps + 1, last);
    timesteps_.pop_back();
    round_all(timesteps_);
  }
  sigmas_ = interpolate(timesteps_, table_);
}

void DpmSolverMultistep::use_schedule(const SchedulerConfig &config, int64_t steps) {
  const auto train = static_cast<int64_t>(table_.size());
  const SigmaRange whole{table_.back(), table_.front()};
  if (schedule_ == SigmaSchedule::flow) {
    sigmas_ = flow_sigmas(config.number("flow_shift", 1.0, 0.01, 100), steps, train);
    timesteps_ = sigmas_;
    for (double &timestep : timesteps_) timestep *= static_cast<double>(train);
    return;
  }
  const bool lu = schedule_ == SigmaSchedule::lu;
  sigmas_ = lu ? exponential_sigmas(whole, steps)
               : spread_sigmas(schedule_, configured_range(config, whole), steps);
  timesteps_ = sigmas_to_timesteps(sigmas_, table_);
  const bool rounds = lu || schedule_ == SigmaSchedule::karras;
  if (rounds && config.text("beta_schedule", "linear") != "squaredcos_cap_v2") {
    round_all(timesteps_);
  }
}

void DpmSolverMultistep::plan_ending(const SchedulerConfig &config) {
  constexpr std::size_t few = 15;
  const bool lowers = config.flag("lower_order_final", true) && timesteps_.size() < few;
  ending_.first_order_last = config.flag("euler_at_final", false) || lowers || sigmas_.back() == 0;
  ending_.second_order_before = lowers;
}

// Steps of no length would divide by zero in the orders above one.
void DpmSolverMultistep::check_sigmas_fall() const {
  for (std::size_t i = 1; i < timesteps_.size(); ++i) {
    if (sigmas_[i] < sigmas_[i - 1]) continue;
    throw Error(ErrorKind::invalid_argument,
                "num_inference_steps: steps " + std::to_string(i - 1) + " and " +
                    std::to_string(i) + " have the same noise; ask for fewer steps",
                "num_inference_steps");
  }
}

// Timesteps whose lambda lies below `lambda_min_clipped` are left out.
int64_t DpmSolverMultistep::last_timestep(const SchedulerConfig &config) const {
  constexpr double none = -std::numeric_limits<double>::infinity();
  const double lowest = config.number("lambda_min_clipped", none, none, 1e3);
  const auto kept = std::count_if(table_.begin(), table_.end(), [lowest](float sigma) {
    return -std::log(static_cast<double>(sigma)) >= lowest;
  });
  if (kept == 0) config.reject("lambda_min_clipped", "leaves no timestep");
  return kept;
}

int64_t DpmSolverMultistep::order_at(std::size_t i, std::size_t outputs) const {
  const int64_t known = std::min(solver_order_, static_cast<int64_t>(outputs));
  if (i + 1 == timesteps_.size() && ending_.first_order_last) return 1;
  if (i + 2 == timesteps_.size() && ending_.second_order_before) return std::min<int64_t>(known, 2);
  return known;
}

SignalAndNoise DpmSolverMultistep::level(std::size_t i) const {
  const double sigma = sigmas_[i];
  if (schedule_ == SigmaSchedule::flow) return {1 - sigma, sigma};
  const double alpha = 1 / std::hypot(sigma, 1.0);
  return {alpha, sigma * alpha};
}

// Half the logarithm of the signal to noise ratio.
double DpmSolverMultistep::lambda(std::size_t i) const {
  const SignalAndNoise point = level(i);
  return std::log(point.alpha) - std::log(point.sigma);
}

at::Tensor DpmSolverMultistep::integral(const std::vector<at::Tensor> &pictures, std::size_t i,
                                        int64_t order) const {
  const auto back = [&](std::size_t n) { return pictures[pictures.size() - n]; };
  const double h = lambda(i + 1) - lambda(i);
  const double span = sde_ ? 2 * h : h;
  const double decay = std::expm1(-span);
  const at::Tensor flat = -decay * back(1);
  if (order == 1) return flat;

  const double r0 = (lambda(i) - lambda(i - 1)) / h;
  const at::Tensor slope = (back(1) - back(2)) / r0;
  const double slope_weight = decay / span + 1;
  if (order == 2) return flat + (solver_ == Solver::heun ? slope_weight : -0.5 * decay) * slope;

  const double r1 = (lambda(i - 1) - lambda(i - 2)) / h;
  const at::Tensor bend = (slope - (back(2) - back(3)) / r1) / (r0 + r1);
  // The sign of the half in the SDE's third order is diffusers'.
  const double bend_weight = (decay + span) / (span * span) + (sde_ ? 0.5 : -0.5);
  return flat + slope_weight * (slope + r0 * bend) - bend_weight * bend;
}

at::Tensor DpmSolverMultistep::step(const at::Tensor &model_output, const at::Tensor &latents,
                                    std::size_t i, const at::Tensor &noise,
                                    History &history) const {
  check_step(i, noise);
  const SignalAndNoise from = level(i);
  const SignalAndNoise to = level(i + 1);
  auto &pictures = history.outputs;
  if (static_cast<int64_t>(pictures.size()) == solver_order_) pictures.erase(pictures.begin());
  pictures.push_back(limit_.apply(predicted_sample(prediction_, model_output, latents, from)));
  if (sigmas_[i + 1] == sigmas_[i]) return latents;

  const double h = lambda(i + 1) - lambda(i);
  const double kept = to.sigma / from.sigma * (sde_ ? std::exp(-h) : 1.0);
  const at::Tensor change = integral(pictures, i, order_at(i, pictures.size()));
  at::Tensor result = kept * latents + to.alpha * change;
  if (needs_noise(i)) result = result + to.sigma * std::sqrt(-std::expm1(-2 * h)) * noise;
  return result;
}

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
