#include "lambda_space.hpp"

#include "dpmsolver.hpp"
#include "error.hpp"
#include "flow_schedule.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pictor::diffusion {

namespace {

void refuse_unbuilt(const SchedulerConfig &config, PredictionType prediction,
                    SigmaSchedule schedule) {
  const std::string variance = config.text("variance_type", "");
  if (variance == "learned" || variance == "learned_range") {
    config.not_built("variance_type", "models that predict their variance are not built");
  }
  if (prediction == PredictionType::flow_prediction && schedule != SigmaSchedule::flow) {
    config.reject("prediction_type", "needs use_flow_sigmas");
  }
}

}  // namespace

LambdaSpaceScheduler::LambdaSpaceScheduler(const SchedulerConfig &config,
                                           const SchedulerRequest &request, const Traits &traits)
    : prediction_(prediction_type(config, true)),
      limit_(config, false),
      schedule_(sigma_schedule(config)),
      table_(make_sigma_table(config, make_alphas_cumprod(config))) {
  refuse_unbuilt(config, prediction_, schedule_);
  if (!request.timesteps.empty()) {
    use_timesteps(request.timesteps, traits.class_name);
  } else if (schedule_ == SigmaSchedule::flow) {
    use_flow(config, request, traits.flow_from_one);
  } else if (!request.sigmas.empty()) {
    throw Error(ErrorKind::invalid_argument,
                "sigmas: " + traits.class_name + " takes a list of them with use_flow_sigmas only",
                "sigmas");
  } else {
    const int64_t steps = checked_steps(request, static_cast<int64_t>(table_.size()));
    if (schedule_ == SigmaSchedule::timesteps) {
      use_spacing(config, steps);
    } else {
      use_schedule(config, steps, traits.rounds_cosine);
    }
  }
  for (double &timestep : timesteps_) timestep = std::trunc(timestep);
}

void LambdaSpaceScheduler::use_timesteps(const std::vector<double> &timesteps,
                                         const std::string &class_name) {
  check_whole_timesteps(timesteps, static_cast<int64_t>(table_.size()), class_name);
  check_room_for_timesteps(schedule_);
  timesteps_ = timesteps;
  sigmas_ = interpolate(timesteps_, table_);
}

void LambdaSpaceScheduler::use_spacing(const SchedulerConfig &config, int64_t steps) {
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

void LambdaSpaceScheduler::use_schedule(const SchedulerConfig &config, int64_t steps,
                                        bool rounds_cosine) {
  const SigmaRange whole{table_.back(), table_.front()};
  const bool lu = schedule_ == SigmaSchedule::lu;
  sigmas_ = lu ? exponential_sigmas(whole, steps)
               : spread_sigmas(schedule_, configured_range(config, whole), steps);
  timesteps_ = sigmas_to_timesteps(sigmas_, table_);
  const bool rounds = lu || schedule_ == SigmaSchedule::karras;
  const bool cosine = config.text("beta_schedule", "linear") == "squaredcos_cap_v2";
  if (rounds && (rounds_cosine || !cosine)) round_all(timesteps_);
}

void LambdaSpaceScheduler::use_flow(const SchedulerConfig &config, const SchedulerRequest &request,
                                    bool from_one) {
  const auto train = static_cast<int64_t>(table_.size());
  const double shift = flow_shift(config, request, "flow_shift");
  if (!from_one) {
    sigmas_ = flow_sigmas(shift, checked_steps(request, train), train);
  } else {
    sigmas_ = request.sigmas;
    if (sigmas_.empty()) {
      const int64_t steps = checked_steps(request, train);
      sigmas_ = linspace(1, 1 / static_cast<double>(train), steps + 1);
      sigmas_.pop_back();
    }
    check_flow_list("sigmas", sigmas_, 1, train);
    for (double &sigma : sigmas_) sigma = shifted(sigma, shift);
    stretch_to_terminal(config, sigmas_);
    // Pure noise has no logarithm of signal to noise.
    constexpr double least_signal = 1e-6;
    if (std::abs(sigmas_.front() - 1) < least_signal) sigmas_.front() -= least_signal;
  }
  timesteps_ = sigmas_;
  for (double &timestep : timesteps_) timestep *= static_cast<double>(train);
}

// Timesteps whose lambda lies below `lambda_min_clipped` are left out.
int64_t LambdaSpaceScheduler::last_timestep(const SchedulerConfig &config) const {
  constexpr double none = -std::numeric_limits<double>::infinity();
  const double lowest = config.number("lambda_min_clipped", none, none, 1e3);
  const auto kept = std::count_if(table_.begin(), table_.end(), [lowest](float sigma) {
    return -std::log(static_cast<double>(sigma)) >= lowest;
  });
  if (kept == 0) config.reject("lambda_min_clipped", "leaves no timestep");
  return kept;
}

void LambdaSpaceScheduler::end_at(double sigma) {
  sigmas_.push_back(sigma);
  narrow_all(sigmas_);
  for (std::size_t i = 1; i < timesteps_.size(); ++i) {
    if (sigmas_[i] < sigmas_[i - 1]) continue;
    throw Error(ErrorKind::invalid_argument,
                "num_inference_steps: steps " + std::to_string(i - 1) + " and " +
                    std::to_string(i) + " have the same noise; ask for fewer steps",
                "num_inference_steps");
  }
}

SignalAndNoise LambdaSpaceScheduler::level(std::size_t i) const {
  const double sigma = sigmas_[i];
  if (schedule_ == SigmaSchedule::flow) return {1 - sigma, sigma};
  const double alpha = 1 / std::hypot(sigma, 1.0);
  return {alpha, sigma * alpha};
}

double LambdaSpaceScheduler::lambda(std::size_t i) const {
  return lambda_of(level(i));
}

at::Tensor LambdaSpaceScheduler::picture(const at::Tensor &model_output, const at::Tensor &latents,
                                         std::size_t i) const {
  return limit_.apply(predicted_sample(prediction_, model_output, latents, level(i)));
}

}  // namespace pictor::diffusion
