#pragma once

#include "config.hpp"
#include "scheduler.hpp"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

// DPM-Solver++: Lu et al. 2022 (arXiv:2211.01095), what its forms share.
namespace pictor::diffusion {

// From `solver_order`, `algorithm_type` and `solver_type`.
struct DpmSolver {
  explicit DpmSolver(const SchedulerConfig &config);

  // Factors of the pictures' integral over a step of length `h` in lambda, without alpha: of the
  // picture itself, and of its first and second derivative by lambda / h.
  struct Weights {
    double flat;
    double slope;
    double bend;
  };
  Weights weights(double h) const;

  // The latents after a step of length `h` between two levels. `integral`: of the pictures over
  // the step, without alpha. `noise` is read by an SDE that does not end in a clean picture.
  at::Tensor advance(const at::Tensor &latents, const at::Tensor &integral, SignalAndNoise from,
                     SignalAndNoise to, const at::Tensor &noise) const;

  int64_t order;
  bool sde;
  bool heun;  // else midpoint
};

// How the last steps of the multistep form give up order: few steps are unstable there.
struct DpmSolverEnding {
  // From `lower_order_final` and `euler_at_final`; `clean`: whether nothing but the picture is
  // left.
  DpmSolverEnding(const SchedulerConfig &config, std::size_t steps, bool clean);

  // The order of step `i`, of whose `outputs` pictures are known.
  int64_t order_at(std::size_t i, std::size_t outputs) const;

  std::size_t steps;
  bool first_order_last;
  bool second_order_before;
};

// The integral of the multistep form, from the pictures of the last `order` steps, newest last.
// `lambdas`: half the logarithm of signal to noise at the step's end, at its start, and at the
// starts of the `order` - 1 steps before.
at::Tensor multistep_integral(const DpmSolver &solver, const std::vector<at::Tensor> &pictures,
                              const std::vector<double> &lambdas);

// Half the logarithm of signal to noise.
double lambda_of(SignalAndNoise level);

// Keeps the newest `count` outputs of the steps so far.
void remember(std::vector<at::Tensor> &outputs, const at::Tensor &output, int64_t count);

}  // namespace pictor::diffusion
