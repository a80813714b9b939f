#pragma once

#include "config.hpp"

#include <cstdint>
#include <optional>
#include <vector>

// How noise levels (sigmas) are spread over the steps, for the schedulers that step along them.
namespace pictor::diffusion {

enum class SigmaSchedule {
  timesteps,    // those of the spaced timesteps
  karras,       // Karras et al. 2022 (arXiv:2206.00364), equation 5 with rho 7
  exponential,  // even in log sigma
  beta,         // Lee et al. 2024 (arXiv:2407.12173), beta(0.6, 0.6)
  lu,           // Lu et al. 2022 (arXiv:2211.01095), even in lambda
  flow,         // of rectified flows, with a shift
};

// The one that the configuration's `use_..._sigmas` and `use_lu_lambdas` name; throws where they
// name two.
SigmaSchedule sigma_schedule(const SchedulerConfig &config);

// Throws Error (timesteps) where `schedule` would move the timesteps that a request brings.
void check_room_for_timesteps(SigmaSchedule schedule);

struct SigmaRange {
  double high;
  double low;
};

// `range` with the configuration's `sigma_max` and `sigma_min` in place of its ends.
SigmaRange configured_range(const SchedulerConfig &config, SigmaRange range);

// `count` falling sigmas over the range; one is range.high.
std::vector<double> karras_sigmas(SigmaRange range, int64_t count, double rho = 7.0);
std::vector<double> exponential_sigmas(SigmaRange range, int64_t count);
std::vector<double> beta_sigmas(SigmaRange range, int64_t count);

// The sigmas of `schedule`, which is karras, exponential or beta.
std::vector<double> spread_sigmas(SigmaSchedule schedule, SigmaRange range, int64_t count);

// The training timesteps whose noise in `sigma_table` (rising) is nearest in the logarithm, with
// a fraction between two of them.
std::vector<double> sigmas_to_timesteps(const std::vector<double> &sigmas,
                                        const std::vector<float> &sigma_table);

// The noise left at the end by the configuration's `final_sigmas_type`.
double final_sigma(const SchedulerConfig &config, const std::vector<float> &sigma_table);

}  // namespace pictor::diffusion
