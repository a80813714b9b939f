#include "pipelines/flow_scheduler.hpp"

#include "error.hpp"
#include "schedulers/flow_schedule.hpp"

#include <string>
#include <vector>

namespace pictor::diffusion {
namespace {

bool uses_flow_sigmas(const nlohmann::json &config) {
  const auto found = config.find("use_flow_sigmas");
  return found != config.end() && found->is_boolean() && found->get<bool>();
}

void require_flow(const nlohmann::json &config) {
  const auto name = config.at("_class_name").get<std::string>();
  if (name.rfind("FlowMatch", 0) == 0 || uses_flow_sigmas(config)) return;
  throw Error{ErrorKind::invalid_argument,
              "scheduler: " + name +
                  " is not made for this model, which predicts a flow; leave it out, or choose one "
                  "whose class begins with FlowMatch",
              "scheduler"};
}

// 1 to 1 / steps. Empty for more steps than any scheduler takes: it says so itself.
std::vector<double> even_sigmas(int64_t steps) {
  constexpr int64_t kMostSteps = 1000;
  std::vector<double> sigmas;
  for (int64_t i = 0; i < steps && steps <= kMostSteps; ++i) {
    sigmas.push_back(1 - static_cast<double>(i) / static_cast<double>(steps));
  }
  return sigmas;
}

}  // namespace

ChosenScheduler choose_flow_scheduler(const nlohmann::json &model_config,
                                      TextToImageRequest request, const FlowRun &run) {
  const nlohmann::json config = scheduler_config(model_config, request.scheduler);
  require_flow(config);
  const bool listed = !request.sigmas.empty() || !request.timesteps.empty();
  if (run.own_sigmas && !listed && !uses_flow_sigmas(config)) {
    request.sigmas = even_sigmas(*request.num_inference_steps);
  }
  return choose_scheduler(model_config, request, dynamic_shift(config, run.image_tokens));
}

}  // namespace pictor::diffusion
