#include "scheduler.hpp"

#include "config.hpp"
#include "error.hpp"
#include "kind.hpp"
#include "names.hpp"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace pictor::diffusion {

namespace {

// The built classes that take a list of the request's own, for a message.
std::string classes_taking(bool SchedulerKind::*takes) {
  std::string list;
  for (const SchedulerKind *kind : scheduler_kinds()) {
    if (kind->*takes) list += (list.empty() ? "" : ", ") + std::string(kind->class_name);
  }
  return list;
}

void check_list(const SchedulerKind &kind, const std::string &parameter,
                const std::vector<double> &list, bool SchedulerKind::*takes) {
  if (list.empty() || kind.*takes) return;
  throw Error(ErrorKind::invalid_argument,
              parameter + ": " + std::string(kind.class_name) + " takes no list of " + parameter +
                  "; those which do are " + classes_taking(takes),
              parameter);
}

void check_request(const SchedulerKind &kind, const SchedulerRequest &request) {
  check_list(kind, "timesteps", request.timesteps, &SchedulerKind::takes_timesteps);
  check_list(kind, "sigmas", request.sigmas, &SchedulerKind::takes_sigmas);
  if (!request.timesteps.empty() && !request.sigmas.empty()) {
    throw Error(ErrorKind::invalid_argument, "give either timesteps or sigmas, not both",
                "timesteps");
  }
  if (!(request.eta >= 0 && request.eta <= 1)) {
    throw Error(ErrorKind::invalid_argument, "eta must lie between 0 and 1", "eta");
  }
}

}  // namespace

at::Tensor Scheduler::scale_model_input(const at::Tensor &latents, std::size_t) const {
  return latents;
}

at::Tensor Scheduler::add_noise(const at::Tensor &original, const at::Tensor &noise,
                                std::size_t begin) const {
  check_index(begin);
  const SignalAndNoise at = level(begin);
  return at.alpha * original + at.sigma * noise;
}

void Scheduler::check_index(std::size_t i) const {
  if (i >= timesteps_.size()) {
    throw Error(ErrorKind::internal, "the scheduler was asked for step " + std::to_string(i) +
                                         " of " + std::to_string(timesteps_.size()));
  }
}

void Scheduler::check_step(std::size_t i, const at::Tensor &noise) const {
  check_index(i);
  if (needs_noise(i) && !noise.defined()) {
    throw Error(ErrorKind::internal,
                "the scheduler was given no noise for step " + std::to_string(i));
  }
}

std::unique_ptr<Scheduler> make_scheduler(const std::string &name, const nlohmann::json &config,
                                          const SchedulerRequest &request) {
  const SchedulerName chosen = resolve_scheduler(chosen_scheduler(name, config));
  const SchedulerKind *kind = find_kind(chosen.class_name);
  if (kind == nullptr) {
    throw Error(ErrorKind::internal, "no scheduler is built for " + chosen.class_name);
  }
  check_request(*kind, request);
  nlohmann::json values = config;
  values.update(chosen.overrides);
  return kind->make(SchedulerConfig(*kind, values), request);
}

}  // namespace pictor::diffusion
