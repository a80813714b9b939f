#include "dpmsolver.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace pictor::diffusion {

namespace {

// diffusers reads "deis" and the solvers of UniPC and DEIS as its defaults.
bool is_sde(const SchedulerConfig &config) {
  const std::string algorithm = config.text("algorithm_type", "dpmsolver++");
  if (algorithm == "dpmsolver" || algorithm == "sde-dpmsolver") {
    config.not_built("algorithm_type", "is not built; use " + algorithm + "++");
  }
  return config.choice("algorithm_type", "dpmsolver++",
                       {"sde-dpmsolver++", "dpmsolver++", "deis"}) == 0;
}

}  // namespace

DpmSolver::DpmSolver(const SchedulerConfig &config)
    : order(config.integer("solver_order", 2, 1, 3)),
      sde(is_sde(config)),
      heun(config.choice("solver_type", "midpoint", {"heun", "midpoint", "logrho", "bh1", "bh2"}) ==
           0) {}

DpmSolver::Weights DpmSolver::weights(double h) const {
  const double span = sde ? 2 * h : h;
  const double decay = std::expm1(-span);
  // The sign of the half in the SDE's third order is diffusers'.
  return {-decay, decay / span + 1, -(decay + span) / (span * span) + (sde ? -0.5 : 0.5)};
}

at::Tensor DpmSolver::advance(const at::Tensor &latents, const at::Tensor &integral,
                              SignalAndNoise from, SignalAndNoise to,
                              const at::Tensor &noise) const {
  const double h = lambda_of(to) - lambda_of(from);
  const double kept = to.sigma / from.sigma * (sde ? std::exp(-h) : 1.0);
  const at::Tensor result = kept * latents + to.alpha * integral;
  if (!sde || to.sigma == 0) return result;
  return result + to.sigma * std::sqrt(-std::expm1(-2 * h)) * noise;
}

DpmSolverEnding::DpmSolverEnding(const SchedulerConfig &config, std::size_t count, bool clean)
    : steps(count) {
  constexpr std::size_t few = 15;
  second_order_before = config.flag("lower_order_final", true) && steps < few;
  first_order_last = config.flag("euler_at_final", false) || second_order_before || clean;
}

int64_t DpmSolverEnding::order_at(std::size_t i, std::size_t outputs) const {
  const auto known = static_cast<int64_t>(outputs);
  if (i + 1 == steps && first_order_last) return 1;
  if (i + 2 == steps && second_order_before) return std::min<int64_t>(known, 2);
  return known;
}

at::Tensor multistep_integral(const DpmSolver &solver, const std::vector<at::Tensor> &pictures,
                              const std::vector<double> &lambdas) {
  const auto back = [&](std::size_t n) { return pictures[pictures.size() - n]; };
  const double h = lambdas[0] - lambdas[1];
  const DpmSolver::Weights weight = solver.weights(h);
  const at::Tensor flat = weight.flat * back(1);
  if (lambdas.size() == 2) return flat;

  const double r0 = (lambdas[1] - lambdas[2]) / h;
  const at::Tensor slope = (back(1) - back(2)) / r0;
  if (lambdas.size() == 3) return flat + (solver.heun ? weight.slope : weight.flat / 2) * slope;

  const double r1 = (lambdas[2] - lambdas[3]) / h;
  const at::Tensor bend = (slope - (back(2) - back(3)) / r1) / (r0 + r1);
  return flat + weight.slope * (slope + r0 * bend) + weight.bend * bend;
}

double lambda_of(SignalAndNoise level) {
  return std::log(level.alpha) - std::log(level.sigma);
}

void remember(std::vector<at::Tensor> &outputs, const at::Tensor &output, int64_t count) {
  if (static_cast<int64_t>(outputs.size()) == count) outputs.erase(outputs.begin());
  outputs.push_back(output);
}

}  // namespace pictor::diffusion
