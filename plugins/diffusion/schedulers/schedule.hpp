#pragma once

#include "config.hpp"

#include <cstdint>
#include <vector>

// The discrete noise schedule that a model was trained with, and the choice of its timesteps.
// Tables are float32 where diffusers' are, so that the two agree to the last digit that matters.
namespace pictor::diffusion {

// What a request's number of steps and a configuration's lists may hold at most.
constexpr int64_t max_train_timesteps = 100'000;

// The configuration's `num_train_timesteps`.
int64_t train_timesteps(const SchedulerConfig &config);

// What a class takes where the configuration is silent.
struct BetaDefaults {
  double start = 0.0001;
  double end = 0.02;
  std::string_view schedule = "linear";
};

// The share of the picture that is left at each training timestep, [0, num_train_timesteps), by
// `beta_schedule`, `beta_start`, `beta_end`, `trained_betas` and `rescale_betas_zero_snr` (Lin et
// al. 2023, arXiv:2305.08891; the last item is then 0).
std::vector<float> make_alphas_cumprod(const SchedulerConfig &config,
                                       const BetaDefaults &defaults = {});

// The same as noise over picture, sqrt((1 - a) / a), rising with the timestep. A last item of 0
// is lifted to 2^-24 first, as diffusers does. Throws where float32 cannot hold the schedule.
std::vector<float> make_sigma_table(const SchedulerConfig &config,
                                    std::vector<float> alphas_cumprod);

enum class TimestepSpacing { linspace, leading, trailing };

// The configuration's `timestep_spacing`.
TimestepSpacing timestep_spacing(const SchedulerConfig &config, std::string_view fallback);

// `count` falling timesteps out of [0, train_timesteps) by the configuration's spacing and
// `steps_offset` (table 2 of Lin et al. 2023). Those of linspace are not rounded.
// Throws Error (num_inference_steps) where the spacing has no room for that many.
std::vector<double> spaced_timesteps(const SchedulerConfig &config, TimestepSpacing spacing,
                                     int64_t count, int64_t train_timesteps);

// From `last` - 1 down in strides of `stride`, each rounded: the trailing spacing.
std::vector<double> trailing_timesteps(int64_t last, double stride);

// `count` numbers from `first` to `last`, both included; one number is `first`.
std::vector<double> linspace(double first, double last, int64_t count);

// Rounds half to even, as numpy does.
void round_all(std::vector<double> &values);

// To the nearest float32 and back, where diffusers' arrays are float32.
void narrow_all(std::vector<double> &values);

// `table` at the places `x`, linear between its items, its ends beyond them.
std::vector<double> interpolate(const std::vector<double> &x, const std::vector<float> &table);

// The request's number of steps, checked against the training schedule.
int64_t checked_steps(const SchedulerRequest &request, int64_t train_timesteps);

// Throws Error (`parameter`) unless the list holds finite numbers, each below the one before it.
void check_falling(const std::string &parameter, const std::vector<double> &values);

// Throws Error (timesteps) unless the list falls strictly within [0, train_timesteps).
void check_timesteps(const std::vector<double> &timesteps, int64_t train_timesteps);

// The same, for a class that takes whole numbers only.
void check_whole_timesteps(const std::vector<double> &timesteps, int64_t train_timesteps,
                           const std::string &class_name);

// Throws Error (sigmas) unless the list has two items or more, falls strictly, and stays above 0;
// the last item may be 0.
void check_sigmas(const std::vector<double> &sigmas, int64_t train_timesteps);

}  // namespace pictor::diffusion
