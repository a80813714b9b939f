// What make_scheduler takes, and what it refuses.
#include "error.hpp"
#include "fixed_model.hpp"
#include "schedulers/names.hpp"
#include "schedulers/scheduler.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <limits>

namespace pictor::diffusion {

namespace {

using nlohmann::json;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// "parameter: message" of the Error that making the scheduler throws, which is the user's fault.
std::string error_of(const std::string &name, const json &config, const SchedulerRequest &request) {
  try {
    make_scheduler(name, config, request);
  } catch (const Error &error) {
    CHECK(error.kind() != ErrorKind::internal);
    return error.parameter() + ": " + error.what();
  }
  return "no error";
}

std::string config_error(const std::string &name, const json &config) {
  return error_of(name, config, {10, {}, {}, 0});
}

std::string steps_error(const std::string &name, int64_t steps, const json &config) {
  return error_of(name, config, {steps, {}, {}, 0});
}

std::string timesteps_error(const std::string &name, const std::vector<double> &timesteps) {
  return error_of(name, json::object(), {10, timesteps, {}, 0});
}

std::string sigmas_error(const std::string &name, const std::vector<double> &sigmas) {
  return error_of(name, json::object(), {10, {}, sigmas, 0});
}

// Runs all steps against a model that sees some noise, and returns the latents.
at::Tensor run(const Scheduler &scheduler) {
  const at::Tensor noise = at::linspace(-1, 1, 48, at::kFloat).view({1, 3, 4, 4});
  at::Tensor latents = noise * scheduler.init_noise_sigma();
  Scheduler::History history;
  for (std::size_t i = 0; i < scheduler.timesteps().size(); ++i) {
    const at::Tensor input = scheduler.scale_model_input(latents, i);
    const at::Tensor output = test::fixed_model(input, scheduler.timesteps()[i]);
    latents = scheduler.step(output, latents, i, scheduler.needs_noise(i) ? noise : at::Tensor(),
                             history);
  }
  return latents;
}

const std::vector<std::string> all_names = {"pndm",    "plms",     "ddim",         "euler",
                                            "euler_a", "dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde"};

}  // namespace

TEST_CASE("the number of steps is checked") {
  for (const std::string &name : all_names) {
    INFO(name);
    for (const int64_t steps : {int64_t{0}, int64_t{-3}, int64_t{1001}, INT64_MIN, INT64_MAX}) {
      CHECK_THAT(steps_error(name, steps, json::object()),
                 ContainsSubstring("num_inference_steps") &&
                     ContainsSubstring("between 1 and the 1000 timesteps"));
    }
  }
}

TEST_CASE("the leading spacing refuses to pass the last training timestep") {
  const json config = {{"timestep_spacing", "leading"}, {"steps_offset", 1}};
  CHECK_THAT(steps_error("ddim", 1000, config),
             ContainsSubstring("num_inference_steps") && ContainsSubstring("steps_offset 1"));
  CHECK_THAT(steps_error("dpmpp_2m", 1000, config), ContainsSubstring("ask for fewer steps"));
  CHECK(steps_error("ddim", 999, config) == "no error");
}

TEST_CASE("any number of steps gives finite latents in every spacing") {
  for (const std::string &name : all_names) {
    for (const char *spacing : {"leading", "trailing", "linspace"}) {
      for (const int64_t steps : {1, 2, 3, 4, 5, 48, 300, 999}) {
        if (name == "pndm" && steps < 4) continue;
        INFO(name << ' ' << spacing << ' ' << steps);
        const json config = {{"timestep_spacing", spacing}, {"beta_schedule", "scaled_linear"}};
        const auto scheduler = make_scheduler(name, config, {steps, {}, {}, 0.5});
        CHECK(at::isfinite(run(*scheduler)).all().item<bool>());
      }
    }
  }
}

TEST_CASE("PNDM with Runge-Kutta steps needs four") {
  CHECK_THAT(steps_error("pndm", 3, json::object()),
             ContainsSubstring("num_inference_steps") && ContainsSubstring("plms"));
  CHECK(make_scheduler("pndm", json::object(), {10, {}, {}, 0})->timesteps().size() == 19);
}

TEST_CASE("eta is checked") {
  for (const double eta : {-0.1, 1.1, nan, infinity}) {
    CHECK_THAT(error_of("ddim", json::object(), {10, {}, {}, eta}),
               ContainsSubstring("eta: eta must lie between 0 and 1"));
  }
}

TEST_CASE("values of the configuration are checked") {
  const auto refused = [](const char *name, const json &config, const char *message) {
    CHECK_THAT(config_error(name, config),
               ContainsSubstring("scheduler_config: ") && ContainsSubstring(message));
  };
  refused("ddim", {{"timestep_spacing", "sideways"}}, "one of: linspace, leading, trailing");
  refused("ddim", {{"timestep_spacing", 3}}, "must be text");
  refused("ddim", {{"beta_schedule", "sigmoid"}}, "linear, scaled_linear, squaredcos_cap_v2");
  refused("ddim", {{"beta_start", "small"}}, "beta_start = \"small\": must be a number");
  refused("ddim", {{"beta_end", 1.5}}, "between 1e-06 and 0.999");
  refused("ddim", {{"num_train_timesteps", 1.5}}, "must lie between 2");
  refused("ddim", {{"num_train_timesteps", 100.5}}, "whole number");
  refused("ddim", {{"num_train_timesteps", 1e300}}, "must lie between");
  refused("ddim", {{"trained_betas", {0.1, 0.2}}}, "num_train_timesteps numbers");
  refused("ddim", {{"trained_betas", {0.1, "x"}}}, "item 1");
  refused("ddim", {{"trained_betas", 7}}, "list of numbers");
  refused("ddim", {{"clip_sample", 1}}, "true or false");
  refused("ddim", {{"prediction_type", "flow_prediction"}}, "epsilon, v_prediction, sample");
  refused("ddim", {{"rescale_betas_zero_snr", true}, {"timestep_spacing", "trailing"}},
          "zero signal to noise");
  refused("euler", {{"interpolation_type", "cubic"}}, "linear, log_linear");
  refused("euler", {{"use_karras_sigmas", true}, {"use_beta_sigmas", true}}, "choose one");
  refused("euler", {{"use_karras_sigmas", true}, {"sigma_min", 20.0}, {"sigma_max", 10.0}},
          "must not exceed");
  refused("euler", {{"beta_end", 0.9}}, "milder schedule");
  refused("dpmpp_2m", {{"solver_order", 4}}, "between 1 and 3");
  refused("dpmpp_2m", {{"algorithm_type", "euler"}}, "sde-dpmsolver++, dpmsolver++");
  refused("dpmpp_2m", {{"algorithm_type", "dpmsolver"}}, "not built; use dpmsolver++");
  refused("dpmpp_2m", {{"use_dynamic_shifting", true}}, "not built");
  refused("dpmpp_2m", {{"variance_type", "learned_range"}}, "not built");
  refused("dpmpp_2m", {{"prediction_type", "flow_prediction"}}, "needs use_flow_sigmas");
  refused("dpmpp_2m", {{"lambda_min_clipped", 100}}, "leaves no timestep");
}

TEST_CASE("null and the keys of other classes are as if absent") {
  const json other = {{"skip_prk_steps", 3}, {"use_karras_sigmas", "x"}, {"beta_start", nullptr}};
  const auto plain = make_scheduler("ddim", json::object(), {10, {}, {}, 0});
  CHECK(make_scheduler("ddim", other, {10, {}, {}, 0})->timesteps() == plain->timesteps());
}

TEST_CASE("an empty name means the model's own class") {
  const json config = {{"_class_name", "EulerDiscreteScheduler"}};
  CHECK(make_scheduler("", config, {4, {}, {}, 0})->sigmas().size() == 5);
  CHECK_THAT(config_error("", json::object()), ContainsSubstring("_class_name"));
}

TEST_CASE("lists are taken where diffusers' class takes them") {
  CHECK_THAT(timesteps_error("ddim", {900, 500}),
             ContainsSubstring("DDIMScheduler takes no list of timesteps; those which do are "
                               "EulerDiscreteScheduler, DPMSolverMultistepScheduler"));
  CHECK_THAT(sigmas_error("dpmpp_2m", {10, 5, 0}),
             ContainsSubstring("those which do are EulerDiscreteScheduler"));
  CHECK_THAT(error_of("euler", json::object(), {10, {900}, {10, 0}, 0}),
             ContainsSubstring("not both"));
  CHECK_THAT(error_of("euler", {{"use_karras_sigmas", true}}, {10, {900, 500}, {}, 0}),
             ContainsSubstring("timesteps: ") && ContainsSubstring("sigma schedule"));
}

TEST_CASE("the items of a list are checked") {
  for (const std::string name : {"euler", "dpmpp_2m"}) {
    INFO(name);
    CHECK_THAT(timesteps_error(name, {900, nan, 3}), ContainsSubstring("item 1 is not a finite"));
    CHECK_THAT(timesteps_error(name, {900, 900}), ContainsSubstring("item 1 must be smaller"));
    CHECK_THAT(timesteps_error(name, {100, 900}), ContainsSubstring("item 1 must be smaller"));
    CHECK_THAT(timesteps_error(name, {1000, 9}), ContainsSubstring("between 0 and 999"));
    CHECK_THAT(timesteps_error(name, {9, -1}), ContainsSubstring("between 0 and 999"));
  }
  CHECK_THAT(timesteps_error("dpmpp_2m", {900.5}), ContainsSubstring("whole numbers"));
  CHECK_THAT(sigmas_error("euler", {10}), ContainsSubstring("two at least"));
  CHECK_THAT(sigmas_error("euler", {infinity, 1}), ContainsSubstring("item 0 is not a finite"));
  CHECK_THAT(sigmas_error("euler", {1e300, 1}), ContainsSubstring("item 0 is not a finite"));
  CHECK_THAT(sigmas_error("euler", {10, 1e-60, 0}), ContainsSubstring("item 2 must be smaller"));
  CHECK_THAT(sigmas_error("euler", {10, -1}), ContainsSubstring("negative"));
  CHECK_THAT(sigmas_error("euler", std::vector<double>(5000, 1.0)),
             ContainsSubstring("more steps than the 1000"));
}

TEST_CASE("a list replaces the number of steps") {
  const auto euler = make_scheduler("euler", json::object(), {0, {}, {14.5, 3.0, 0.0}, 0});
  CHECK(euler->timesteps().size() == 2);
  CHECK(euler->sigmas() == std::vector<double>{14.5, 3.0, 0.0});
  const auto dpm = make_scheduler("dpmpp_2m", json::object(), {0, {999, 500, 20}, {}, 0});
  CHECK(dpm->timesteps() == std::vector<double>{999, 500, 20});
  CHECK(at::isfinite(run(*dpm)).all().item<bool>());
}

TEST_CASE("a step beyond the table or without its noise is an internal error") {
  const auto euler_a = make_scheduler("euler_a", json::object(), {3, {}, {}, 0});
  const at::Tensor latents = at::zeros({1, 4, 2, 2});
  Scheduler::History history;
  CHECK(euler_a->needs_noise(0));
  CHECK_FALSE(euler_a->needs_noise(2));
  CHECK_THROWS_AS(euler_a->step(latents, latents, 0, {}, history), Error);
  CHECK_THROWS_AS(euler_a->step(latents, latents, 3, latents, history), Error);
  CHECK_THROWS_AS(euler_a->scale_model_input(latents, 3), Error);
}

}  // namespace pictor::diffusion
