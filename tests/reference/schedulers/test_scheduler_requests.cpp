// What make_scheduler takes, and what it refuses.
#include "error.hpp"
#include "fixed_model.hpp"
#include "schedulers/flow_schedule.hpp"
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

// Runs the steps from `begin` against a model that sees some noise, and returns the latents.
at::Tensor run(const Scheduler &scheduler, std::size_t begin = 0) {
  const at::Tensor noise = at::linspace(-1, 1, 48, at::kFloat).view({1, 3, 4, 4});
  at::Tensor latents =
      begin == 0 ? noise * scheduler.init_noise_sigma() : scheduler.add_noise(noise, noise, begin);
  Scheduler::History history;
  for (std::size_t i = begin; i < scheduler.timesteps().size(); ++i) {
    const at::Tensor input = scheduler.scale_model_input(latents, i);
    const at::Tensor output = test::fixed_model(input, scheduler.timesteps()[i]);
    latents = scheduler.step(output, latents, i, scheduler.needs_noise(i) ? noise : at::Tensor(),
                             history);
  }
  return latents;
}

// All that are built, under our names.
const std::vector<std::string> &all_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> built;
    for (const KnownScheduler &known : known_schedulers()) {
      if (known.built()) built.push_back(known.name);
    }
    return built;
  }();
  return names;
}

}  // namespace

TEST_CASE("the number of steps is checked") {
  for (const std::string &name : all_names()) {
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
  for (const std::string &name : all_names()) {
    for (const char *spacing : {"leading", "trailing", "linspace"}) {
      for (const int64_t steps : {1, 2, 3, 4, 5, 48, 300, 999}) {
        if (name == "pndm" && steps < 4) continue;
        if ((name == "lcm" || name == "tcd") && steps > 50) continue;
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

TEST_CASE("LCM and TCD draw with the steps of their distillation at most") {
  for (const char *name : {"lcm", "tcd"}) {
    INFO(name);
    CHECK_THAT(steps_error(name, 51, json::object()),
               ContainsSubstring("num_inference_steps") && ContainsSubstring("which are 50"));
    CHECK(steps_error(name, 100, {{"original_inference_steps", 100}}) == "no error");
  }
}

TEST_CASE("a flow is shifted by mu where the configuration says so") {
  const json config = {{"use_dynamic_shifting", true}, {"shift", 3.0}};
  const auto flow_error = [&](double mu) {
    return error_of("flow_euler", config, {4, {}, {}, 0, mu});
  };
  CHECK_THAT(flow_error(20), ContainsSubstring("mu: ") && ContainsSubstring("0.01 to 100"));
  CHECK_THAT(flow_error(nan), ContainsSubstring("mu: "));
  CHECK_THAT(flow_error(-infinity), ContainsSubstring("mu: "));
  const auto still = make_scheduler("flow_euler", json::object(), {4, {}, {}, 0});
  CHECK(make_scheduler("flow_euler", config, {4, {}, {}, 0, 0.0})->sigmas() == still->sigmas());
}

TEST_CASE("mu is linear in the picture's size") {
  CHECK(dynamic_shift(json::object(), 256) == Approx(0.5));
  CHECK(dynamic_shift(json::object(), 4096) == Approx(1.15));
  CHECK(dynamic_shift({{"base_shift", 0}, {"max_shift", 2}, {"max_image_seq_len", 512}}, 384) ==
        Approx(1.0));
  CHECK_THROWS_AS(dynamic_shift({{"base_shift", "x"}}, 256), Error);
  CHECK_THROWS_AS(dynamic_shift({{"max_image_seq_len", 256}}, 256), Error);
}

TEST_CASE("latents of a picture are those of the step they begin at") {
  const at::Tensor picture = at::full({1, 1, 2, 2}, 0.5);
  const at::Tensor noise = at::full({1, 1, 2, 2}, -2.0);
  for (const std::string &name : all_names()) {
    INFO(name);
    const auto scheduler = make_scheduler(name, json::object(), {10, {}, {}, 0});
    const std::size_t begin = 4 * scheduler->calls_per_step();
    const at::Tensor latents = scheduler->add_noise(picture, noise, begin);
    CHECK(latents.sizes() == picture.sizes());
    // Less noise than at the first step, and some of it.
    const double first = scheduler->add_noise(picture, noise, 0).mean().item<double>();
    CHECK(latents.mean().item<double>() > first);
    CHECK(latents.mean().item<double>() < 0.5);
    CHECK_THROWS_AS(scheduler->add_noise(picture, noise, scheduler->timesteps().size()), Error);
  }
}

TEST_CASE("a run may begin at any step") {
  for (const std::string &name : all_names()) {
    const auto scheduler =
        make_scheduler(name, {{"beta_schedule", "scaled_linear"}}, {10, {}, {}, 0.5});
    for (std::size_t step = 1; step < 10; ++step) {
      INFO(name << ' ' << step);
      CHECK(at::isfinite(run(*scheduler, step * scheduler->calls_per_step())).all().item<bool>());
    }
  }
}

TEST_CASE("a step of two calls cannot begin with its second") {
  const at::Tensor latents = at::zeros({1, 4, 2, 2});
  for (const char *name : {"heun", "dpm2", "dpm2_a", "flow_heun"}) {
    INFO(name);
    Scheduler::History history;
    const auto scheduler = make_scheduler(name, json::object(), {3, {}, {}, 0});
    CHECK_THROWS_AS(scheduler->step(latents, latents, 1, latents, history), Error);
  }
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
  refused("dpmpp_2m", {{"use_dynamic_shifting", true}, {"use_flow_sigmas", true}},
          "set it to false, and flow_shift instead");
  refused("dpmpp_2m", {{"variance_type", "learned_range"}}, "not built");
  refused("dpmpp_2m", {{"prediction_type", "flow_prediction"}}, "needs use_flow_sigmas");
  refused("dpmpp_2m", {{"lambda_min_clipped", 100}}, "leaves no timestep");
  refused("dpmpp_2s", {{"algorithm_type", "sde-dpmsolver"}}, "not built; use sde-dpmsolver++");
  refused("dpmpp_2s", {{"solver_order", 0}}, "between 1 and 3");
  refused("deis", {{"solver_type", "rk4"}}, "one of: logrho");
  refused("deis", {{"algorithm_type", "sde-dpmsolver++"}}, "one of: deis");
  refused("unipc", {{"solver_order", 2.5}}, "whole number");
  refused("unipc", {{"predict_x0", false}}, "final_sigmas_type sigma_min");
  refused("unipc", {{"disable_corrector", {0, "one"}}}, "item 1");
  refused("unipc", {{"use_flow_sigmas", true}, {"use_karras_sigmas", true}}, "choose one");
  refused("ddpm", {{"variance_type", "learned_range"}}, "not built");
  refused("ddpm", {{"variance_type", "fixed_large_log"}}, "fixed_small, fixed_small_log");
  refused("lcm", {{"original_inference_steps", 2000}}, "between 1 and 1000");
  refused("tcd", {{"rescale_betas_zero_snr", true}}, "zero signal to noise");
  refused("heun", {{"clip_sample", "yes"}}, "true or false");
  refused("dpm2", {{"prediction_type", "sample"}}, "no such form");
  refused("dpm2_a", {{"prediction_type", "sample"}}, "no such form");
  refused("edm_euler", {{"sigma_schedule", "beta"}}, "karras, exponential");
  refused("edm_dpmpp_2m", {{"sigma_min", 100}}, "must not exceed");
  refused("flow_euler", {{"shift", 0}}, "between 0.01 and 100");
  refused("flow_euler", {{"use_dynamic_shifting", true}}, "set it to false, and shift instead");
  refused("flow_euler", {{"shift_terminal", 1}}, "between 0 and 0.999");
  refused("flow_heun", {{"shift", "large"}}, "must be a number");
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
                               "EulerDiscreteScheduler, DPMSolverMultistepScheduler, "));
  CHECK_THAT(sigmas_error("dpmpp_2m", {10, 5, 0}),
             ContainsSubstring("those which do are EulerDiscreteScheduler"));
  CHECK_THAT(error_of("euler", json::object(), {10, {900}, {10, 0}, 0}),
             ContainsSubstring("not both"));
  for (const char *name : {"euler", "heun", "dpmpp_2m", "dpmpp_2s"}) {
    CHECK_THAT(error_of(name, {{"use_karras_sigmas", true}}, {10, {900, 500}, {}, 0}),
               ContainsSubstring("timesteps: ") && ContainsSubstring("sigma schedule"));
  }
  CHECK_THAT(sigmas_error("unipc", {0.9, 0.5}), ContainsSubstring("with use_flow_sigmas only"));
}

TEST_CASE("the items of a list are checked") {
  for (const std::string name : {"euler", "heun", "dpmpp_2m", "dpmpp_2s", "ddpm", "lcm"}) {
    INFO(name);
    CHECK_THAT(timesteps_error(name, {900, nan, 3}), ContainsSubstring("item 1 is not a finite"));
    CHECK_THAT(timesteps_error(name, {900, 900}), ContainsSubstring("item 1 must be smaller"));
    CHECK_THAT(timesteps_error(name, {100, 900}), ContainsSubstring("item 1 must be smaller"));
    CHECK_THAT(timesteps_error(name, {1000, 9}), ContainsSubstring("between 0 and 999"));
    CHECK_THAT(timesteps_error(name, {9, -1}), ContainsSubstring("between 0 and 999"));
  }
  for (const char *name : {"dpmpp_2m", "dpmpp_2s", "ddpm", "lcm", "tcd"}) {
    CHECK_THAT(timesteps_error(name, {900.5}), ContainsSubstring("whole numbers"));
  }
  CHECK_THAT(timesteps_error("flow_euler", {1000.5, 9}), ContainsSubstring("1000 at most"));
  CHECK_THAT(timesteps_error("flow_euler", {9, 0}), ContainsSubstring("above 0"));
  CHECK_THAT(sigmas_error("flow_euler", {1.5, 0.5}), ContainsSubstring("1 at most"));
  CHECK_THAT(sigmas_error("flow_euler", {0.5, nan}), ContainsSubstring("item 1 is not a finite"));
  CHECK_THAT(sigmas_error("flow_euler", {0.5, 0.5}), ContainsSubstring("item 1 must be smaller"));
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
