// Linear multistep along sigma, after k-diffusion's sample_lms, as diffusers' LMSDiscreteScheduler
// steps it.
#include "config.hpp"
#include "kind.hpp"
#include "sigma_space.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

constexpr std::size_t max_order = 4;

class Lms : public SigmaSpaceScheduler {
 public:
  Lms(const SchedulerConfig &config, const SchedulerRequest &request)
      : SigmaSpaceScheduler(config) {
    use_request(config, request, make_sigma_table(config, make_alphas_cumprod(config)));
  }

  at::Tensor step(const at::Tensor &model_output, const at::Tensor &latents, std::size_t i,
                  const at::Tensor &noise, History &history) const override {
    check_step(i, noise);
    auto &slopes = history.outputs;
    if (slopes.size() == max_order) slopes.erase(slopes.begin());
    slopes.push_back((latents - picture(model_output, latents, i)) / sigmas_[i]);
    // The order is that of the place in the table even where the run began late, as in diffusers.
    const std::size_t order = std::min(i + 1, max_order);
    at::Tensor result = latents;
    for (std::size_t k = 0; k < std::min(order, slopes.size()); ++k) {
      result = result + weight(i, k, order) * slopes[slopes.size() - 1 - k];
    }
    return result;
  }

 private:
  // The integral over the step of the Lagrange polynomial that is 1 at the slope `k` calls back.
  // Its degree is 3 at most, for which two points of Gauss' rule are exact.
  double weight(std::size_t i, std::size_t k, std::size_t order) const {
    const double half = (sigmas_[i + 1] - sigmas_[i]) / 2;
    const double middle = (sigmas_[i + 1] + sigmas_[i]) / 2;
    const double offset = half / std::sqrt(3.0);
    return half * (lagrange(i, k, order, middle - offset) + lagrange(i, k, order, middle + offset));
  }

  double lagrange(std::size_t i, std::size_t k, std::size_t order, double sigma) const {
    double product = 1;
    for (std::size_t j = 0; j < order; ++j) {
      if (j != k) product *= (sigma - sigmas_[i - j]) / (sigmas_[i - k] - sigmas_[i - j]);
    }
    return product;
  }
};

}  // namespace

const SchedulerKind &lms_kind() {
  static const SchedulerKind kind = {
      "LMSDiscreteScheduler",
      {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
       "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "prediction_type",
       "timestep_spacing", "steps_offset"},
      false,
      false,
      [](const SchedulerConfig &config, const SchedulerRequest &request) {
        return std::unique_ptr<Scheduler>(std::make_unique<Lms>(config, request));
      }};
  return kind;
}

}  // namespace pictor::diffusion
