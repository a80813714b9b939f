// DPM-Solver-2 along sigma (Lu et al. 2022, arXiv:2206.00927), after k-diffusion's sample_dpm_2 and
// sample_dpm_2_ancestral, as diffusers' KDPM2DiscreteScheduler and KDPM2AncestralDiscreteScheduler
// step it. A step is two calls, the second at a sigma within the step, and the last step one.
#include "config.hpp"
#include "error.hpp"
#include "kind.hpp"
#include "sigma_space.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace pictor::diffusion {

namespace {

// A step, by sigma.
struct Stride {
  double from;
  double middle;
  double down;  // where the slope of the middle leads
  double up;    // the deviation of the noise that is added there
};

class Kdpm2 : public SigmaSpaceScheduler {
 public:
  Kdpm2(const SchedulerConfig &config, const SchedulerRequest &request, bool ancestral);

  std::size_t calls_per_step() const override { return 2; }
  bool needs_noise(std::size_t i) const override { return ancestral_ && i % 2 == 1; }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override;

 protected:
  double seen_sigma(std::size_t i) const override {
    const Stride &stride = strides_[i / 2];
    return i % 2 == 0 ? stride.from : stride.middle;
  }

 private:
  Stride make_stride(double from, double to) const;
  void double_tables(const std::vector<float> &table);

  bool ancestral_;
  std::vector<Stride> strides_;
};

Kdpm2::Kdpm2(const SchedulerConfig &config, const SchedulerRequest &request, bool ancestral)
    : SigmaSpaceScheduler(config), ancestral_(ancestral) {
  if (prediction() == PredictionType::sample) {
    config.not_built("prediction_type", "diffusers' class has no such form either");
  }
  const BetaDefaults betas{0.00085, 0.012, "linear"};
  const std::vector<float> table = make_sigma_table(config, make_alphas_cumprod(config, betas));
  use_request(config, request, table);
  if (schedule() == SigmaSchedule::karras) round_all(timesteps_);
  for (std::size_t i = 0; i + 1 < sigmas_.size(); ++i) {
    strides_.push_back(make_stride(sigmas_[i], sigmas_[i + 1]));
  }
  double_tables(table);
}

Stride Kdpm2::make_stride(double from, double to) const {
  if (!ancestral_) return {from, std::sqrt(from * to), to, 0.0};
  const double down = to * to / from;
  return {from, std::sqrt(from * down), down, to * std::sqrt(from * from - to * to) / from};
}

// diffusers' table has every sigma but the first twice, and the last three times.
void Kdpm2::double_tables(const std::vector<float> &table) {
  std::vector<double> middles;
  for (const Stride &stride : strides_) middles.push_back(stride.middle);
  const std::vector<double> between = sigmas_to_timesteps(middles, table);
  std::vector<double> timesteps = {timesteps_.front()};
  std::vector<double> sigmas = {sigmas_.front()};
  for (std::size_t i = 1; i < timesteps_.size(); ++i) {
    timesteps.insert(timesteps.end(), {between[i - 1], timesteps_[i]});
    sigmas.insert(sigmas.end(), 2, sigmas_[i]);
  }
  sigmas.insert(sigmas.end(), 3, sigmas_.back());
  timesteps_ = timesteps;
  sigmas_ = sigmas;
}

at::Tensor Kdpm2::step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                       const at::Tensor &noise, History &history) const {
  check_step(i, noise);
  const Stride &stride = strides_[i / 2];
  const at::Tensor slope = (latents - picture(model_output, latents, i)) / seen_sigma(i);
  if (i % 2 == 0) {
    history.sample = latents;
    return latents + slope * (stride.middle - stride.from);
  }
  if (!history.sample.defined()) {
    throw Error(ErrorKind::internal, "a step of DPM-Solver-2 was begun in its middle");
  }
  const at::Tensor result = history.sample + slope * (stride.down - stride.from);
  return ancestral_ ? result + stride.up * noise : result;
}

SchedulerKind make_kind(std::string_view class_name, decltype(SchedulerKind::make) make_scheduler) {
  // sigma_min and sigma_max are left over from other classes, and heeded.
  return {class_name,
          {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
           "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "prediction_type",
           "timestep_spacing", "steps_offset", "sigma_min", "sigma_max"},
          false,
          false,
          make_scheduler};
}

}  // namespace

const SchedulerKind &kdpm2_kind() {
  static const SchedulerKind kind = make_kind(
      "KDPM2DiscreteScheduler", [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Kdpm2>(config, request, false));
      });
  return kind;
}

const SchedulerKind &kdpm2_ancestral_kind() {
  static const SchedulerKind kind =
      make_kind("KDPM2AncestralDiscreteScheduler",
                [](const SchedulerConfig &config, const SchedulerRequest &request) {
                  return std::unique_ptr<Scheduler>(std::make_unique<Kdpm2>(config, request, true));
                });
  return kind;
}

}  // namespace pictor::diffusion
