#include "flow_schedule.hpp"

#include "error.hpp"
#include "schedule.hpp"

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

double number_of(const nlohmann::json &config, const char *key, double fallback) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return fallback;
  if (found->is_number()) return found->get<double>();
  throw Error(ErrorKind::invalid_argument, std::string(key) + ": must be a number",
              "scheduler_config");
}

}  // namespace

double shifted(double sigma, double shift) {
  return shift * sigma / (1 + (shift - 1) * sigma);
}

double flow_shift(const SchedulerConfig &config, const SchedulerRequest &request,
                  std::string_view key) {
  constexpr double least = 0.01;
  constexpr double most = 100;
  if (!config.flag("use_dynamic_shifting", false)) return config.number(key, 1.0, least, most);
  if (!request.mu) {
    config.reject("use_dynamic_shifting",
                  "needs a model whose pipeline tells the picture's size (SD 3, FLUX); set it to "
                  "false, and " +
                      std::string(key) + " instead");
  }
  const bool linear =
      config.choice("time_shift_type", "exponential", {"exponential", "linear"}) == 1;
  const double shift = linear ? *request.mu : std::exp(*request.mu);
  if (shift >= least && shift <= most) return shift;
  throw Error(ErrorKind::invalid_argument, "mu: shifts the flow beyond 0.01 to 100", "mu");
}

double dynamic_shift(const nlohmann::json &config, int64_t image_tokens) {
  const double base_shift = number_of(config, "base_shift", 0.5);
  const double max_shift = number_of(config, "max_shift", 1.15);
  const double base_tokens = number_of(config, "base_image_seq_len", 256);
  const double max_tokens = number_of(config, "max_image_seq_len", 4096);
  if (!(max_tokens > base_tokens)) {
    throw Error(ErrorKind::invalid_argument,
                "max_image_seq_len: must be larger than base_image_seq_len", "scheduler_config");
  }
  const double slope = (max_shift - base_shift) / (max_tokens - base_tokens);
  return base_shift + slope * (static_cast<double>(image_tokens) - base_tokens);
}

std::vector<double> flow_sigmas(double shift, int64_t count, int64_t train_timesteps) {
  std::vector<double> sigmas = linspace(1, 1 / static_cast<double>(train_timesteps), count + 1);
  std::reverse(sigmas.begin(), sigmas.end());
  sigmas.pop_back();
  for (double &sigma : sigmas) sigma = shifted(1 - sigma, shift);
  return sigmas;
}

void stretch_to_terminal(const SchedulerConfig &config, std::vector<double> &sigmas) {
  const double terminal = config.number("shift_terminal", 0.0, 0.0, 0.999);
  const double last = 1 - sigmas.back();
  if (terminal == 0 || last == 0) return;
  for (double &sigma : sigmas) sigma = 1 - (1 - sigma) * (1 - terminal) / last;
}

void check_flow_list(const std::string &parameter, const std::vector<double> &values,
                     double highest, int64_t train_timesteps) {
  check_falling(parameter, values);
  const char *mistake = nullptr;
  if (values.front() > highest || values.back() <= 0) {
    mistake = "every item of a flow must lie above 0 and at ";
  } else if (static_cast<int64_t>(values.size()) > train_timesteps) {
    mistake = "holds more steps than the model was trained with; items lie at ";
  }
  if (mistake == nullptr) return;
  throw Error(
      ErrorKind::invalid_argument,
      parameter + ": " + mistake + std::to_string(static_cast<int64_t>(highest)) + " at most",
      parameter);
}

}  // namespace pictor::diffusion
