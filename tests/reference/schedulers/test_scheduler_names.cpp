#include "error.hpp"
#include "schedulers/names.hpp"
#include "schedulers/nearest_name.hpp"
#include "support/catch.hpp"

namespace pictor::diffusion {

namespace {

using nlohmann::json;

std::string resolved(std::string_view name) {
  const SchedulerName found = resolve_scheduler(name);
  return found.class_name + " " + found.overrides.dump();
}

// "kind(parameter): message" of what `call` throws.
template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error &error) {
    const char *kinds[] = {"invalid", "not found", "unsupported", "exhausted", "internal"};
    return std::string(kinds[static_cast<int>(error.kind())]) + "(" + error.parameter() +
           "): " + error.what();
  }
  return "no error";
}

std::string name_error(const std::string &name) {
  return error_of([&] { resolve_scheduler(name); });
}

const json pndm_model = {{"_class_name", "PNDMScheduler"}, {"skip_prk_steps", true}};

}  // namespace

TEST_CASE("every built scheduler is found by its name, class, label and aliases") {
  for (const KnownScheduler &known : known_schedulers()) {
    if (!known.built()) continue;
    INFO(known.name);
    CHECK(resolve_scheduler(known.class_name).class_name == known.class_name);
    CHECK(resolve_scheduler(known.class_name).overrides.empty());
    std::vector<std::string> names = known.aliases;
    names.insert(names.end(), {known.name, known.label});
    for (const std::string &name : names) {
      CHECK(resolve_scheduler(name).class_name == known.class_name);
      CHECK(resolve_scheduler(name).overrides == known.overrides);
    }
  }
}

TEST_CASE("labels are read whatever their case and spelling") {
  CHECK(resolved("Euler a") == "EulerAncestralDiscreteScheduler {}");
  CHECK(resolved("EULER_A") == "EulerAncestralDiscreteScheduler {}");
  CHECK(resolved("dpm++ 2m") == "DPMSolverMultistepScheduler {}");
  CHECK(resolved("dpm++2m") == "DPMSolverMultistepScheduler {}");
  CHECK(resolved("PLMS") == R"(PNDMScheduler {"skip_prk_steps":true})");
  CHECK(resolved("DPM++ 2M SDE") ==
        R"(DPMSolverMultistepScheduler {"algorithm_type":"sde-dpmsolver++"})");
}

TEST_CASE("a label's ending sets the sigma schedule") {
  const json keys = resolve_scheduler("DPM++ 2M SDE Karras").overrides;
  CHECK(keys.at("algorithm_type") == "sde-dpmsolver++");
  CHECK(keys.at("use_karras_sigmas") == true);
  CHECK(keys.at("use_exponential_sigmas") == false);
  CHECK(resolve_scheduler("euler_beta").overrides.at("use_beta_sigmas") == true);
  CHECK_THAT(name_error("DDIM Karras"), ContainsSubstring("invalid(sigma_schedule)") &&
                                            ContainsSubstring("DDIMScheduler has no sigma"));
}

TEST_CASE("an unknown name gets the nearest and the list") {
  CHECK_THAT(name_error("eulr_a"), ContainsSubstring("not found(scheduler)") &&
                                       ContainsSubstring("did you mean 'euler_a'?") &&
                                       ContainsSubstring("pndm, plms, ddim, ddpm"));
  CHECK_THAT(name_error("DPMSolverMultistepSheduler"),
             ContainsSubstring("did you mean 'DPMSolverMultistepScheduler'?"));
  CHECK_THAT(name_error("quantum annealing"),
             ContainsSubstring("no scheduler is named") && !ContainsSubstring("did you mean"));
  CHECK_THAT(name_error(""), ContainsSubstring("no scheduler is named ''"));
  CHECK(name_error(std::string(100'000, 'x')).size() < 400);
}

TEST_CASE("a known scheduler that is not built is refused as such") {
  CHECK_THAT(name_error("DPMSolverSDEScheduler"),
             ContainsSubstring("unsupported(scheduler)") && ContainsSubstring("not built"));
  CHECK_THAT(name_error("DPM++ SDE Karras"), ContainsSubstring("DPMSolverSDEScheduler"));
}

TEST_CASE("the request's keys lie over the schedule's, the name's and the model's") {
  const json config =
      scheduler_config(pndm_model, {"DPM++ 2M Karras", "beta", {{"use_karras_sigmas", false}}});
  CHECK(config.at("_class_name") == "DPMSolverMultistepScheduler");
  CHECK(config.at("use_beta_sigmas") == true);
  CHECK(config.at("use_karras_sigmas") == false);
  CHECK(config.at("skip_prk_steps") == true);
  CHECK(scheduler_config(pndm_model, {}) == pndm_model);
}

TEST_CASE("the sigma schedule none takes the model's own away") {
  const json model = {{"_class_name", "EulerDiscreteScheduler"}, {"use_karras_sigmas", true}};
  CHECK(scheduler_config(model, {"", "none"}).at("use_karras_sigmas") == false);
  CHECK(scheduler_config(pndm_model, {"", "none"}) == pndm_model);
  CHECK_THAT(error_of([&] {
               scheduler_config(model, {"", "kerras"});
             }),
             ContainsSubstring("invalid(sigma_schedule)") &&
                 ContainsSubstring("none, karras, exponential, beta"));
}

TEST_CASE("a key that the class does not read is refused") {
  const auto key_error = [](const char *key) {
    return error_of([&] { scheduler_config(pndm_model, {"ddim", "", {{key, 1}}}); });
  };
  CHECK_THAT(key_error("step_offset"), ContainsSubstring("invalid(scheduler_config)") &&
                                           ContainsSubstring("did you mean 'steps_offset'?"));
  CHECK_THAT(key_error("solver_order"),
             ContainsSubstring("those which do are DPMSolverMultistepScheduler, "));
  CHECK_THAT(error_of([] {
               scheduler_config(pndm_model, {"ddim", "", json::array()});
             }),
             ContainsSubstring("must be a mapping"));
}

TEST_CASE("a model without a class needs a name") {
  CHECK_THAT(error_of([] { scheduler_config(json::object(), {}); }),
             ContainsSubstring("invalid(scheduler)") && ContainsSubstring("_class_name"));
  CHECK_THAT(error_of([] { scheduler_config(json(3), {"ddim"}); }),
             ContainsSubstring("must be a JSON object, not number"));
  CHECK(scheduler_config(json::object(), {"ddim"}).at("_class_name") == "DDIMScheduler");
}

TEST_CASE("the nearest name is the one with the fewest edits") {
  CHECK(nearest_name("bta", {"alpha", "beta", "eta"}) == "beta");
  CHECK(nearest_name("omega", {"alpha", "beta"}).empty());
  CHECK(nearest_name("", {"alpha"}).empty());
}

}  // namespace pictor::diffusion
