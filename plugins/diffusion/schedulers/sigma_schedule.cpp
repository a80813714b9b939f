#include "sigma_schedule.hpp"

#include "error.hpp"
#include "schedule.hpp"

#include <boost/math/distributions/beta.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace pictor::diffusion {

SigmaSchedule sigma_schedule(const SchedulerConfig &config) {
  constexpr std::pair<std::string_view, SigmaSchedule> flags[] = {
      {"use_karras_sigmas", SigmaSchedule::karras},
      {"use_exponential_sigmas", SigmaSchedule::exponential},
      {"use_beta_sigmas", SigmaSchedule::beta},
      {"use_lu_lambdas", SigmaSchedule::lu},
      {"use_flow_sigmas", SigmaSchedule::flow},
  };
  SigmaSchedule chosen = SigmaSchedule::timesteps;
  std::string_view first;
  for (const auto &[key, schedule] : flags) {
    if (!config.flag(key, false)) continue;
    if (!first.empty()) {
      config.reject(key, "cannot be used together with " + std::string(first) + "; choose one");
    }
    first = key;
    chosen = schedule;
  }
  return chosen;
}

void check_room_for_timesteps(SigmaSchedule schedule) {
  if (schedule == SigmaSchedule::timesteps) return;
  throw Error(ErrorKind::invalid_argument,
              "timesteps: a list of them leaves no room for a sigma schedule; drop one of both",
              "timesteps");
}

SigmaRange configured_range(const SchedulerConfig &config, SigmaRange range) {
  constexpr double smallest = 1e-6;
  constexpr double largest = 1e6;
  range.high = config.optional_number("sigma_max", smallest, largest).value_or(range.high);
  range.low = config.optional_number("sigma_min", smallest, largest).value_or(range.low);
  if (range.low > range.high) config.reject("sigma_min", "must not exceed sigma_max");
  return range;
}

std::vector<double> karras_sigmas(SigmaRange range, int64_t count, double rho) {
  const double high = std::pow(range.high, 1 / rho);
  const double low = std::pow(range.low, 1 / rho);
  std::vector<double> sigmas = linspace(0, 1, count);
  for (double &sigma : sigmas) sigma = std::pow(high + sigma * (low - high), rho);
  return sigmas;
}

std::vector<double> exponential_sigmas(SigmaRange range, int64_t count) {
  std::vector<double> sigmas = linspace(std::log(range.high), std::log(range.low), count);
  for (double &sigma : sigmas) sigma = std::exp(sigma);
  return sigmas;
}

std::vector<double> beta_sigmas(SigmaRange range, int64_t count) {
  const boost::math::beta_distribution<double> distribution(0.6, 0.6);
  std::vector<double> sigmas = linspace(0, 1, count);
  for (double &sigma : sigmas) {
    const double share = boost::math::quantile(distribution, 1 - sigma);
    sigma = range.low + share * (range.high - range.low);
  }
  return sigmas;
}

std::vector<double> spread_sigmas(SigmaSchedule schedule, SigmaRange range, int64_t count) {
  if (schedule == SigmaSchedule::karras) return karras_sigmas(range, count);
  if (schedule == SigmaSchedule::beta) return beta_sigmas(range, count);
  return exponential_sigmas(range, count);
}

std::vector<double> sigmas_to_timesteps(const std::vector<double> &sigmas,
                                        const std::vector<float> &sigma_table) {
  std::vector<float> logs;
  logs.reserve(sigma_table.size());
  for (const float sigma : sigma_table) logs.push_back(std::log(sigma));
  std::vector<double> timesteps;
  timesteps.reserve(sigmas.size());
  for (const double sigma : sigmas) {
    const double log_sigma = std::log(std::max(sigma, 1e-10));
    const auto above = std::upper_bound(logs.begin(), logs.end() - 1, log_sigma);
    const auto low =
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(above - logs.begin(), 1) - 1);
    const double from = logs[low];
    const double to = logs[low + 1];
    const double share = from < to ? std::clamp((from - log_sigma) / (from - to), 0.0, 1.0) : 0.0;
    timesteps.push_back(static_cast<double>(low) + share);
  }
  return timesteps;
}

double final_sigma(const SchedulerConfig &config, const std::vector<float> &sigma_table) {
  return config.choice("final_sigmas_type", "zero", {"zero", "sigma_min"}) == 0
             ? 0.0
             : static_cast<double>(sigma_table.front());
}

}  // namespace pictor::diffusion
