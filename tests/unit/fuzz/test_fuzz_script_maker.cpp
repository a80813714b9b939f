#include "base/parameter.hpp"
#include "fuzz/script_maker.hpp"
#include "support/catch.hpp"

#include <set>

using namespace pictor::host;
using namespace pictor::host::fuzz;

namespace {

ParameterSpec spec(const std::string &id, ParameterType type, ParameterScope scope) {
  ParameterSpec spec;
  spec.id = id;
  spec.type = type;
  spec.scope = scope;
  return spec;
}

std::vector<ModelDescription> models() {
  ModelDescription model;
  model.info.id = "a";
  model.info.max_batch = 2;
  ParameterSpec steps = spec("steps", ParameterType::integer, ParameterScope::request);
  steps.minimum = 5;
  steps.maximum = 1000;
  steps.step = 5;
  steps.affects_cost = true;
  ParameterSpec scale = spec("scale", ParameterType::number, ParameterScope::request);
  scale.minimum = 0;
  scale.maximum = 1;
  scale.exclusive_minimum = true;
  ParameterSpec choice = spec("choice", ParameterType::choice, ParameterScope::load);
  choice.choices = {{"x"}, {"y"}};
  model.parameters = {steps,
                      scale,
                      choice,
                      spec("file", ParameterType::path, ParameterScope::load),
                      spec("server", ParameterType::string, ParameterScope::load),
                      spec("image", ParameterType::image, ParameterScope::request)};
  return {model};
}

const check::Subject nothing_given;

bool is_allowed(const std::vector<ParameterSpec> &specs, const std::string &id, const Json &value) {
  const ParameterSpec *spec = find_spec(specs, id);
  if (spec == nullptr) return false;
  if (is_picture(spec->type)) return value == any_picture;
  return std::holds_alternative<Json>(check_value(*spec, value, false));
}

}  // namespace

TEST_CASE("A seed makes one script, another seed another") {
  const auto all = models();
  CHECK(script_text(make_script(1, all, nothing_given)) ==
        script_text(make_script(1, all, nothing_given)));
  CHECK(script_text(make_script(1, all, nothing_given)) !=
        script_text(make_script(2, all, nothing_given)));
}

TEST_CASE("Scripts hold every call, and only values that the model allows") {
  const auto all = models();
  const auto &specs = all.front().parameters;
  std::set<Call> calls;
  std::set<std::string> given;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    for (const Step &step : make_script(seed, all, nothing_given).steps) {
      calls.insert(step.call);
      CHECK(step.requests.size() <= 2);
      for (const auto &[id, value] : step.parameters) {
        given.insert(id);
        CHECK(is_allowed(specs, id, value));
      }
      for (const Wanted &wanted : step.requests) {
        CHECK_FALSE(wanted.seeds.empty());
        for (const auto &[id, value] : wanted.parameters) {
          given.insert(id);
          CHECK(is_allowed(specs, id, value));
        }
      }
    }
  }
  CHECK(calls.size() == 13);
  // Files and servers are the user's to name.
  CHECK(given == std::set<std::string>{"choice", "image", "scale", "steps"});
}

TEST_CASE("What the user gives is not varied") {
  check::Subject subject;
  subject.parameters = {{"steps", "5"}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const Step &step : make_script(seed, models(), subject).steps) {
      for (const Wanted &wanted : step.requests) CHECK(wanted.parameters.count("steps") == 0);
    }
  }
}
