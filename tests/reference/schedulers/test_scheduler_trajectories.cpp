// Every stored trajectory, against what diffusers computed.
#include "fixed_model.hpp"
#include "schedulers/scheduler.hpp"
#include "support/catch.hpp"
#include "trajectories.hpp"

#include <ATen/CPUGeneratorImpl.h>

namespace pictor::diffusion {

namespace {

using test::Trajectory;

constexpr double tolerance = 1e-4;  // of the largest value of the reference

double relative_error(const at::Tensor &value, const at::Tensor &reference) {
  REQUIRE(value.sizes() == reference.sizes());
  const double error = (value - reference).abs().max().item<double>();
  return error / reference.abs().max().item<double>();
}

at::Tensor as_tensor(const std::vector<double> &values) {
  return at::tensor(values, at::kDouble).to(at::kFloat);
}

void check_table(const Scheduler &scheduler, const Trajectory &reference) {
  CHECK(relative_error(as_tensor(scheduler.timesteps()), reference.timesteps) <= 1e-6);
  CHECK(scheduler.init_noise_sigma() == Approx(reference.init_noise_sigma).epsilon(1e-6));
  REQUIRE(scheduler.sigmas().empty() != reference.sigmas.defined());
  if (!scheduler.sigmas().empty()) {
    CHECK(relative_error(as_tensor(scheduler.sigmas()), reference.sigmas) <= 1e-6);
  }
}

void check_steps(const Scheduler &scheduler, const Trajectory &reference) {
  const at::Generator generator = at::detail::createCPUGenerator(reference.seed);
  const auto draw = [&] { return at::randn(reference.noise.sizes(), generator); };
  const at::Tensor noise = draw();
  REQUIRE(relative_error(noise, reference.noise) <= 1e-6);

  at::Tensor latents = noise * scheduler.init_noise_sigma();
  Scheduler::History history;
  for (std::size_t i = 0; i < scheduler.timesteps().size(); ++i) {
    INFO("step " << i);
    const auto row = static_cast<int64_t>(i);
    const at::Tensor input = scheduler.scale_model_input(latents, i);
    CHECK(relative_error(input, reference.model_inputs[row]) <= tolerance);
    const at::Tensor output = test::fixed_model(input, scheduler.timesteps()[i]);
    const at::Tensor step_noise = scheduler.needs_noise(i) ? draw() : at::Tensor();
    latents = scheduler.step(output, latents, i, step_noise, history);
    REQUIRE(relative_error(latents, reference.latents[row]) <= tolerance);
  }
}

}  // namespace

TEST_CASE("every stored trajectory is stepped as in diffusers") {
  const std::vector<std::string> names = test::trajectory_names();
  REQUIRE(names.size() == 46);
  for (const std::string &name : names) {
    DYNAMIC_SECTION(name) {
      const Trajectory reference = test::load_trajectory(name);
      const SchedulerRequest request{
          reference.num_inference_steps, {}, {}, reference.eta, reference.mu};
      const auto scheduler = make_scheduler(reference.scheduler, reference.config, request);
      check_table(*scheduler, reference);
      check_steps(*scheduler, reference);
    }
  }
}

}  // namespace pictor::diffusion
