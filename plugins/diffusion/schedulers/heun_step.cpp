#include "heun_step.hpp"

#include "error.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

namespace {

std::vector<double> doubled(const std::vector<double> &values, std::size_t last) {
  std::vector<double> result = {values.front()};
  for (std::size_t i = 1; i < last; ++i) result.insert(result.end(), 2, values[i]);
  return result;
}

}  // namespace

void double_all_but_ends(std::vector<double> &timesteps, std::vector<double> &sigmas) {
  timesteps = doubled(timesteps, timesteps.size());
  const double last = sigmas.back();
  sigmas = doubled(sigmas, sigmas.size() - 1);
  sigmas.push_back(last);
}

at::Tensor heun_step(const at::Tensor &slope, const at::Tensor &latents, std::size_t i,
                     const std::vector<double> &sigmas, Scheduler::History &history) {
  if (i % 2 == 0) {
    history.sample = latents;
    history.sum = slope;
    return latents + slope * (sigmas[i + 1] - sigmas[i]);
  }
  if (!history.sum.defined()) {
    throw Error(ErrorKind::internal, "a step of Heun's method was begun in its middle");
  }
  return history.sample + (history.sum + slope) / 2 * (sigmas[i] - sigmas[i - 1]);
}

}  // namespace pictor::diffusion
