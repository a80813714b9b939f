#include "distilled_timesteps.hpp"

#include "error.hpp"
#include "schedule.hpp"

#include <cmath>

namespace pictor::diffusion {

std::vector<double> distilled_timesteps(const SchedulerConfig &config,
                                        const SchedulerRequest &request,
                                        const std::string &class_name) {
  const int64_t train = train_timesteps(config);
  if (!request.timesteps.empty()) {
    check_whole_timesteps(request.timesteps, train, class_name);
    return request.timesteps;
  }
  const int64_t original = config.integer("original_inference_steps", 50, 1, train);
  const int64_t steps = checked_steps(request, train);
  if (steps > original) {
    throw Error(ErrorKind::invalid_argument,
                "num_inference_steps = " + std::to_string(steps) + ": " + class_name +
                    " draws with the original_inference_steps of the model's distillation at "
                    "most, which are " +
                    std::to_string(original),
                "num_inference_steps");
  }
  const int64_t stride = train / original;
  const double skip = static_cast<double>(original) / static_cast<double>(steps);
  std::vector<double> timesteps;
  for (int64_t i = 0; i < steps; ++i) {
    const auto skipped = static_cast<int64_t>(std::floor(static_cast<double>(i) * skip));
    timesteps.push_back(static_cast<double>((original - skipped) * stride - 1));
  }
  return timesteps;
}

}  // namespace pictor::diffusion
