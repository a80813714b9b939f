#include "schedule.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace pictor::diffusion {

namespace {

// Evenly spaced in float32 from both ends, each item rounded once, as torch.linspace does.
std::vector<float> float_linspace(double first, double last, std::size_t count) {
  const auto low = static_cast<float>(first);
  const auto high = static_cast<float>(last);
  const float step = (high - low) / static_cast<float>(count - 1);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = i < count / 2 ? std::fma(step, static_cast<float>(i), low)
                              : std::fma(-step, static_cast<float>(count - 1 - i), high);
  }
  return values;
}

// The cosine schedule of Nichol & Dhariwal 2021 (arXiv:2102.09672).
std::vector<float> cosine_betas(std::size_t count) {
  constexpr double max_beta = 0.999;
  const auto alpha_bar = [count](std::size_t i) {
    const double t = static_cast<double>(i) / static_cast<double>(count);
    const double root = std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2);
    return root * root;
  };
  std::vector<float> betas(count);
  for (std::size_t i = 0; i < count; ++i) {
    betas[i] = static_cast<float>(std::min(1 - alpha_bar(i + 1) / alpha_bar(i), max_beta));
  }
  return betas;
}

std::vector<float> trained_betas(const SchedulerConfig &config, const std::vector<double> &values) {
  if (static_cast<int64_t>(values.size()) != train_timesteps(config)) {
    config.reject("trained_betas", "must hold num_train_timesteps numbers");
  }
  for (const double beta : values) {
    if (beta > 0 && beta < 1) continue;
    config.reject("trained_betas", "every beta must lie between 0 and 1");
  }
  return {values.begin(), values.end()};
}

std::vector<float> make_betas(const SchedulerConfig &config, const BetaDefaults &defaults) {
  const auto count = static_cast<std::size_t>(train_timesteps(config));
  const std::vector<double> trained = config.numbers("trained_betas");
  if (!trained.empty()) return trained_betas(config, trained);
  const double start = config.number("beta_start", defaults.start, 1e-6, 0.999);
  const double end = config.number("beta_end", defaults.end, 1e-6, 0.999);
  const std::size_t schedule = config.choice("beta_schedule", defaults.schedule,
                                             {"linear", "scaled_linear", "squaredcos_cap_v2"});
  if (schedule == 0) return float_linspace(start, end, count);
  if (schedule == 2) return cosine_betas(count);
  std::vector<float> betas = float_linspace(std::sqrt(start), std::sqrt(end), count);
  for (float &beta : betas) beta *= beta;
  return betas;
}

// The running product of 1 - beta, kept in double as torch.cumprod does.
std::vector<float> cumulative_alphas(const std::vector<float> &betas) {
  std::vector<float> products;
  products.reserve(betas.size());
  double product = 1.0;
  for (const float beta : betas) {
    product *= 1.0F - beta;
    products.push_back(static_cast<float>(product));
  }
  return products;
}

// Shifts and scales sqrt(alphas_cumprod) so that it keeps its first item and ends in 0.
std::vector<float> rescale_zero_terminal_snr(const std::vector<float> &betas) {
  std::vector<float> bars = cumulative_alphas(betas);
  const float first = std::sqrt(bars.front());
  const float last = std::sqrt(bars.back());
  for (float &bar : bars) {
    const float root = (std::sqrt(bar) - last) * (first / (first - last));
    bar = root * root;
  }
  std::vector<float> rescaled = {1.0F - bars.front()};
  for (std::size_t i = 1; i < bars.size(); ++i) rescaled.push_back(1.0F - bars[i] / bars[i - 1]);
  return rescaled;
}

std::string counted(std::size_t i) {
  return "item " + std::to_string(i);
}

[[noreturn]] void reject_list(const std::string &parameter, const std::string &why) {
  throw Error(ErrorKind::invalid_argument, parameter + ": " + why, parameter);
}

}  // namespace

int64_t train_timesteps(const SchedulerConfig &config) {
  return config.integer("num_train_timesteps", 1000, 2, max_train_timesteps);
}

std::vector<float> make_alphas_cumprod(const SchedulerConfig &config,
                                       const BetaDefaults &defaults) {
  std::vector<float> betas = make_betas(config, defaults);
  if (config.flag("rescale_betas_zero_snr", false)) betas = rescale_zero_terminal_snr(betas);
  return cumulative_alphas(betas);
}

std::vector<float> make_sigma_table(const SchedulerConfig &config,
                                    std::vector<float> alphas_cumprod) {
  if (config.flag("rescale_betas_zero_snr", false)) alphas_cumprod.back() = 0x1p-24F;
  std::vector<float> sigmas;
  sigmas.reserve(alphas_cumprod.size());
  for (const float alpha : alphas_cumprod) {
    sigmas.push_back(std::sqrt((1.0F - alpha) / alpha));
    if (!std::isfinite(sigmas.back()) || sigmas.back() <= 0) {
      config.reject("beta_end", "these betas leave no picture or no noise at timestep " +
                                    std::to_string(sigmas.size() - 1) +
                                    "; choose a milder schedule");
    }
  }
  return sigmas;
}

TimestepSpacing timestep_spacing(const SchedulerConfig &config, std::string_view fallback) {
  constexpr TimestepSpacing spacings[] = {TimestepSpacing::linspace, TimestepSpacing::leading,
                                          TimestepSpacing::trailing};
  return spacings[config.choice("timestep_spacing", fallback, {"linspace", "leading", "trailing"})];
}

std::vector<double> spaced_timesteps(const SchedulerConfig &config, TimestepSpacing spacing,
                                     int64_t count, int64_t train_timesteps) {
  const auto last = static_cast<double>(train_timesteps);
  if (spacing == TimestepSpacing::trailing) {
    return trailing_timesteps(train_timesteps, last / static_cast<double>(count));
  }
  std::vector<double> timesteps;
  if (spacing == TimestepSpacing::linspace) {
    timesteps = linspace(0, last - 1, count);
  } else {
    const int64_t stride = train_timesteps / count;
    const int64_t offset = config.integer("steps_offset", 0, 0, max_train_timesteps);
    if (stride == 0 || (count - 1) * stride + offset >= train_timesteps) {
      throw Error(ErrorKind::invalid_argument,
                  "num_inference_steps: the leading spacing with steps_offset " +
                      std::to_string(offset) + " passes the last of " +
                      std::to_string(train_timesteps) + " training timesteps; ask for fewer steps",
                  "num_inference_steps");
    }
    for (int64_t i = 0; i < count; ++i) {
      timesteps.push_back(static_cast<double>(i * stride + offset));
    }
  }
  std::reverse(timesteps.begin(), timesteps.end());
  return timesteps;
}

std::vector<double> trailing_timesteps(int64_t last, double stride) {
  // numpy.arange steps by the difference of its first two items, which decides ties of rounding.
  const auto first = static_cast<double>(last);
  const double step = (first - stride) - first;
  const auto count = static_cast<int64_t>(std::ceil(first / stride));
  std::vector<double> timesteps;
  for (int64_t i = 0; i < count; ++i) {
    const double timestep = std::nearbyint(first + static_cast<double>(i) * step) - 1;
    // A quotient just above a whole number makes one item too many, next to 0.
    if (timestep >= 0) timesteps.push_back(timestep);
  }
  return timesteps;
}

std::vector<double> linspace(double first, double last, int64_t count) {
  std::vector<double> values;
  const double step = count > 1 ? (last - first) / static_cast<double>(count - 1) : 0.0;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i) * step + first);
  if (count > 1) values.back() = last;
  return values;
}

void round_all(std::vector<double> &values) {
  for (double &value : values) value = std::nearbyint(value);
}

void narrow_all(std::vector<double> &values) {
  for (double &value : values) value = static_cast<float>(value);
}

std::vector<double> interpolate(const std::vector<double> &x, const std::vector<float> &table) {
  std::vector<double> values;
  values.reserve(x.size());
  for (const double place : x) {
    const double inside = std::clamp(place, 0.0, static_cast<double>(table.size() - 1));
    const auto low = static_cast<std::size_t>(inside);
    const std::size_t high = std::min(low + 1, table.size() - 1);
    const double slope = static_cast<double>(table[high]) - static_cast<double>(table[low]);
    values.push_back(slope * (inside - static_cast<double>(low)) + table[low]);
  }
  return values;
}

int64_t checked_steps(const SchedulerRequest &request, int64_t train_timesteps) {
  const int64_t steps = request.num_inference_steps;
  if (steps >= 1 && steps <= train_timesteps) return steps;
  throw Error(ErrorKind::invalid_argument,
              "num_inference_steps = " + std::to_string(steps) + ": must lie between 1 and the " +
                  std::to_string(train_timesteps) + " timesteps that the model was trained with",
              "num_inference_steps");
}

void check_falling(const std::string &parameter, const std::vector<double> &values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) reject_list(parameter, counted(i) + " is not a finite number");
    if (i > 0 && values[i] >= values[i - 1]) {
      reject_list(parameter, counted(i) + " must be smaller than the one before it");
    }
  }
}

void check_timesteps(const std::vector<double> &timesteps, int64_t train_timesteps) {
  check_falling("timesteps", timesteps);
  if (timesteps.front() >= static_cast<double>(train_timesteps) || timesteps.back() < 0) {
    reject_list("timesteps", "every item must lie between 0 and " +
                                 std::to_string(train_timesteps - 1) +
                                 ", the timesteps that the model was trained with");
  }
}

void check_whole_timesteps(const std::vector<double> &timesteps, int64_t train_timesteps,
                           const std::string &class_name) {
  check_timesteps(timesteps, train_timesteps);
  for (const double timestep : timesteps) {
    if (timestep == std::floor(timestep)) continue;
    reject_list("timesteps", class_name + " takes whole numbers only");
  }
}

void check_sigmas(const std::vector<double> &sigmas, int64_t train_timesteps) {
  if (sigmas.size() < 2) {
    reject_list("sigmas", "needs one more item than there are steps, so two at least");
  }
  if (static_cast<int64_t>(sigmas.size()) > train_timesteps + 1) {
    reject_list("sigmas", "holds more steps than the " + std::to_string(train_timesteps) +
                              " timesteps that the model was trained with");
  }
  check_falling("sigmas", sigmas);
  if (sigmas.back() < 0) reject_list("sigmas", "no item may be negative");
}

}  // namespace pictor::diffusion
