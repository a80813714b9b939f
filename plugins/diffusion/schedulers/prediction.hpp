#pragma once

#include "config.hpp"
#include "scheduler.hpp"

#include <ATen/core/Tensor.h>

#include <optional>
#include <string_view>

// What a model's output says of the latents x = alpha * picture + sigma * noise.
namespace pictor::diffusion {

enum class PredictionType {
  epsilon,          // the noise
  sample,           // the picture
  v_prediction,     // alpha * noise - sigma * picture (Salimans & Ho 2022, arXiv:2202.00512)
  flow_prediction,  // noise - picture, where alpha is 1 - sigma
};

// The configuration's `prediction_type`; flow_prediction only where the class takes it.
PredictionType prediction_type(const SchedulerConfig &config, bool takes_flow = false);

// The picture in `latents`. alpha must not be 0 for epsilon.
at::Tensor predicted_sample(PredictionType type, const at::Tensor &model_output,
                            const at::Tensor &latents, SignalAndNoise at);

// The noise in `latents`. sigma must not be 0 for sample; not defined for flow_prediction.
at::Tensor predicted_noise(PredictionType type, const at::Tensor &model_output,
                           const at::Tensor &latents, SignalAndNoise at);

// What is done to a predicted picture that leaves its range: nothing, clipping, or dynamic
// thresholding (Saharia et al. 2022, arXiv:2205.11487, section 2.3).
class SampleLimit {
 public:
  // From `thresholding`, `dynamic_thresholding_ratio`, `sample_max_value`, `clip_sample` and
  // `clip_sample_range`; `clips`: whether the class clips where the configuration is silent.
  SampleLimit(const SchedulerConfig &config, bool clips);

  at::Tensor apply(const at::Tensor &sample) const;

 private:
  std::optional<double> clip_range_;
  std::optional<double> quantile_;
  double max_value_ = 1.0;
};

}  // namespace pictor::diffusion
