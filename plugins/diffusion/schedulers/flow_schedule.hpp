#pragma once

#include "config.hpp"
#include "scheduler.hpp"

#include <cstdint>
#include <optional>
#include <vector>

// The sigmas of rectified flows, latents = (1 - sigma) * picture + sigma * noise, and the shift
// that moves them towards noise for larger pictures (Esser et al. 2024, arXiv:2403.03206, equation
// 23).
namespace pictor::diffusion {

// `sigma` in (0, 1] moved by `shift`.
double shifted(double sigma, double shift);

// The shift of a run: the configuration's `key`, or with `use_dynamic_shifting` that of the
// request's `mu`, which `time_shift_type` says how to read.
// Throws Error (scheduler_config) where the request has no mu.
double flow_shift(const SchedulerConfig &config, const SchedulerRequest &request,
                  std::string_view key);

// mu of a picture of `image_tokens` latent patches, linear in their number, by `base_shift`,
// `max_shift`, `base_image_seq_len` and `max_image_seq_len` of a scheduler's configuration (those
// of FLUX where it is silent). Throws Error (scheduler_config) for values that are no numbers.
double dynamic_shift(const nlohmann::json &config, int64_t image_tokens);

// `count` falling sigmas in (0, 1) of a flow of `train_timesteps` steps moved by `shift`.
std::vector<double> flow_sigmas(double shift, int64_t count, int64_t train_timesteps);

// Stretches falling sigmas so that they end at the configuration's `shift_terminal`, if it has one
// (LTX-Video's, HaCohen et al. 2024, arXiv:2501.00103).
void stretch_to_terminal(const SchedulerConfig &config, std::vector<double> &sigmas);

// Throws Error (`parameter`) unless the list falls strictly within (0, `highest`].
void check_flow_list(const std::string &parameter, const std::vector<double> &values,
                     double highest, int64_t train_timesteps);

}  // namespace pictor::diffusion
