#include "prediction.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

PredictionType prediction_type(const SchedulerConfig &config, bool takes_flow) {
  constexpr PredictionType types[] = {PredictionType::epsilon, PredictionType::v_prediction,
                                      PredictionType::sample, PredictionType::flow_prediction};
  const std::size_t chosen =
      takes_flow
          ? config.choice("prediction_type", "epsilon",
                          {"epsilon", "v_prediction", "sample", "flow_prediction"})
          : config.choice("prediction_type", "epsilon", {"epsilon", "v_prediction", "sample"});
  return types[chosen];
}

at::Tensor predicted_sample(PredictionType type, const at::Tensor &model_output,
                            const at::Tensor &latents, SignalAndNoise at) {
  switch (type) {
    case PredictionType::epsilon:
      return (latents - at.sigma * model_output) / at.alpha;
    case PredictionType::sample:
      return model_output;
    case PredictionType::v_prediction:
      return at.alpha * latents - at.sigma * model_output;
    case PredictionType::flow_prediction:
      break;
  }
  return latents - at.sigma * model_output;
}

at::Tensor predicted_noise(PredictionType type, const at::Tensor &model_output,
                           const at::Tensor &latents, SignalAndNoise at) {
  switch (type) {
    case PredictionType::sample:
      return (latents - at.alpha * model_output) / at.sigma;
    case PredictionType::v_prediction:
      return at.alpha * model_output + at.sigma * latents;
    case PredictionType::epsilon:
    case PredictionType::flow_prediction:
      break;
  }
  return model_output;
}

SampleLimit::SampleLimit(const SchedulerConfig &config, bool clips) {
  if (config.flag("thresholding", false)) {
    quantile_ = config.number("dynamic_thresholding_ratio", 0.995, 0.0, 1.0);
    max_value_ = config.number("sample_max_value", 1.0, 1.0, 1e6);
  } else if (config.flag("clip_sample", clips)) {
    clip_range_ = config.number("clip_sample_range", 1.0, 1e-6, 1e6);
  }
}

at::Tensor SampleLimit::apply(const at::Tensor &sample) const {
  if (clip_range_) return sample.clamp(-*clip_range_, *clip_range_);
  if (!quantile_) return sample;
  const at::Tensor flat = sample.flatten(1);
  const at::Tensor limit = at::quantile(flat.abs(), *quantile_, 1, true).clamp(1.0, max_value_);
  return (flat.clamp(-limit, limit) / limit).view_as(sample);
}

}  // namespace pictor::diffusion
