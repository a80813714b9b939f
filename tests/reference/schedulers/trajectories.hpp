#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What diffusers computed with the schedulers: the files next to this one.
namespace pictor::test {

struct Trajectory {
  std::string scheduler;  // diffusers' class
  nlohmann::json config;  // its scheduler_config.json
  int64_t num_inference_steps;
  uint64_t seed;
  double eta;
  std::optional<double> mu;
  double init_noise_sigma;
  at::Tensor noise;         // unit noise before the first step: [1, 4, 5, 7]
  at::Tensor timesteps;     // [calls]
  at::Tensor sigmas;        // undefined where the class has none
  at::Tensor model_inputs;  // [calls, 1, 4, 5, 7]
  at::Tensor latents;       // after each call, the same shape
};

// The names of all cases, in the file's order.
std::vector<std::string> trajectory_names();

// Throws std::out_of_range for an unknown case.
Trajectory load_trajectory(const std::string &name);

}  // namespace pictor::test
