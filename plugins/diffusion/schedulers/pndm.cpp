// PNDM: Liu, Ren, Lin & Zhao 2022 (arXiv:2202.09778), as diffusers' PNDMScheduler steps it: three
// Runge-Kutta steps of four calls each, then linear multistep ("PLMS"). With `skip_prk_steps` the
// start is two calls of lower order instead.
#include "alpha_space.hpp"
#include "config.hpp"
#include "error.hpp"
#include "kind.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

constexpr std::size_t order = 4;
constexpr std::size_t calls_per_prk_step = 4;

class Pndm : public AlphaSpaceScheduler {
 public:
  Pndm(const SchedulerConfig &config, const SchedulerRequest &request)
      : AlphaSpaceScheduler(config, false), skip_prk_(config.flag("skip_prk_steps", false)) {
    const int64_t train = train_timesteps(config);
    const int64_t steps = checked_steps(request, train);
    stride_ = static_cast<double>(train / steps);
    half_stride_ = static_cast<double>(train / steps / 2);
    std::vector<double> spaced =
        spaced_timesteps(config, timestep_spacing(config, "leading"), steps, train);
    round_all(spaced);
    if (skip_prk_) {
      plan_plms_alone(spaced);
    } else {
      plan_prk_and_plms(spaced);
    }
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    const at::Tensor result = history.calls < prk_calls_
                                  ? prk_step(model_output, latents, i, history)
                                  : plms_step(model_output, latents, i, history);
    ++history.calls;
    return result;
  }

 private:
  // The second timestep is called twice.
  void plan_plms_alone(const std::vector<double> &spaced) {
    timesteps_ = spaced;
    if (spaced.size() > 1) timesteps_.insert(timesteps_.begin() + 1, spaced[1]);
  }

  void plan_prk_and_plms(const std::vector<double> &spaced) {
    if (spaced.size() < order) {
      throw Error(ErrorKind::invalid_argument,
                  "num_inference_steps: PNDMScheduler needs 4 or more; fewer work with "
                  "skip_prk_steps (scheduler 'plms')",
                  "num_inference_steps");
    }
    for (std::size_t k = 0; k + 1 < order; ++k) {
      const double middle = spaced[k + 1] + half_stride_;
      timesteps_.insert(timesteps_.end(), {spaced[k], middle, middle, spaced[k + 1]});
    }
    prk_calls_ = timesteps_.size();
    timesteps_.insert(timesteps_.end(), spaced.begin() + order - 1, spaced.end());
  }

  // One of the four evaluations of a Runge-Kutta step, which all begin at the same latents.
  at::Tensor prk_step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                      History &history) const {
    // Stages are counted from the run's first call, wherever in the table that was.
    const std::size_t call = history.calls;
    const std::size_t stage = call % calls_per_prk_step;
    if (stage == 0) {
      history.outputs.push_back(model_output);
      history.sample = latents;
      history.sum = at::zeros_like(model_output);
    }
    constexpr double weights[] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    history.sum = history.sum + weights[stage] * model_output;
    const at::Tensor output = stage + 1 == calls_per_prk_step ? history.sum : model_output;
    const double from = timesteps_[call - stage];
    const double to = timesteps_[i] - (call % 2 == 0 ? half_stride_ : 0.0);
    return transfer(output, history.sample, from, to);
  }

  at::Tensor plms_step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                       History &history) const {
    const double timestep = timesteps_[i];
    auto &outputs = history.outputs;
    if (skip_prk_ && history.calls == 1) {
      // Repeats the first step with the mean of the outputs at its two ends.
      return transfer((model_output + outputs.back()) / 2, history.sample, timestep + stride_,
                      timestep);
    }
    if (history.calls == 0) history.sample = latents;
    if (outputs.size() == order) outputs.erase(outputs.begin());
    outputs.push_back(model_output);
    return transfer(adams_bashforth(outputs), latents, timestep, timestep - stride_);
  }

  // Equation 12 of the paper and its lower orders.
  static at::Tensor adams_bashforth(const std::vector<at::Tensor> &outputs) {
    const auto back = [&](std::size_t n) { return outputs[outputs.size() - n]; };
    switch (outputs.size()) {
      case 1:
        return back(1);
      case 2:
        return (3 * back(1) - back(2)) / 2;
      case 3:
        return (23 * back(1) - 16 * back(2) + 5 * back(3)) / 12;
      default:
        return (55 * back(1) - 59 * back(2) + 37 * back(3) - 9 * back(4)) / 24;
    }
  }

  // Equation 11 of the paper: the latents moved from one timestep to another along `output`.
  at::Tensor transfer(const at::Tensor &output, const at::Tensor &latents, double from,
                      double to) const {
    const double alpha = alpha_at(from);
    const double next = alpha_at(to);
    const at::Tensor epsilon =
        predicted_noise(prediction(), output, latents, {std::sqrt(alpha), std::sqrt(1 - alpha)});
    const double denominator = alpha * std::sqrt(1 - next) + std::sqrt(alpha * (1 - alpha) * next);
    return std::sqrt(next / alpha) * latents - (next - alpha) / denominator * epsilon;
  }

  bool skip_prk_;
  double stride_;
  double half_stride_;
  std::size_t prk_calls_ = 0;
};

}  // namespace

const SchedulerKind &pndm_kind() {
  static const SchedulerKind kind = {
      "PNDMScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "skip_prk_steps", "set_alpha_to_one", "prediction_type", "timestep_spacing", "steps_offset"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Pndm>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
