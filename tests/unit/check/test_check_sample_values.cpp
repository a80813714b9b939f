#include "check/sample_values.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using namespace pictor::host::check;

namespace {

ParameterSpec integer(const std::string &id) {
  ParameterSpec spec;
  spec.id = id;
  spec.type = ParameterType::integer;
  return spec;
}

// What check_value says of a value that was made for a spec.
bool is_allowed(const ParameterSpec &spec, const Json &value) {
  return std::holds_alternative<Json>(check_value(spec, value, false));
}

}  // namespace

TEST_CASE("Made values keep to their declaration") {
  ParameterSpec steps = integer("steps_of_five");
  steps.minimum = 1;
  steps.maximum = 99;
  steps.step = 5;
  CHECK(*smallest_value(steps) == 5);
  CHECK(*largest_value(steps) == 95);
  ParameterSpec open = integer("open");
  open.minimum = 0;
  open.exclusive_minimum = true;
  CHECK(*smallest_value(open) == 1);
  CHECK_FALSE(largest_value(open).has_value());
  ParameterSpec strength = integer("strength");
  strength.type = ParameterType::number;
  strength.minimum = 0;
  strength.maximum = 1;
  strength.exclusive_minimum = strength.exclusive_maximum = true;
  for (const ParameterSpec &spec : {steps, open, strength}) {
    CHECK(is_allowed(spec, *smallest_value(spec)));
  }
  CHECK(is_allowed(strength, *largest_value(strength)));
}

TEST_CASE("A sample is complete, cheap, and takes what the user gives") {
  ParameterSpec width = integer("width");
  width.default_value = 1024;
  width.minimum = 256;
  width.step = 8;
  ParameterSpec count = integer("count");
  count.required = true;
  count.minimum = 3;
  const ParameterSpec optional = integer("optional");
  const std::vector<ParameterSpec> specs = {width, count, optional};
  Subject subject;
  Parameters values = sample_values(subject, specs, ParameterScope::request);
  CHECK(values == Parameters{{"width", 256}, {"count", 3}});
  subject.parameters = {{"optional", "12"}};
  values = sample_values(subject, specs, ParameterScope::request);
  CHECK(values.at("optional") == 12);
  subject.parameters = {{"width", "wide"}};
  CHECK_THROWS_AS(sample_values(subject, specs, ParameterScope::request), Mistake);
}

TEST_CASE("A load parameter that nobody can guess is asked for") {
  ParameterSpec folder = integer("folder");
  folder.type = ParameterType::path;
  folder.scope = ParameterScope::load;
  folder.required = true;
  CHECK_THROWS_AS(sample_values({}, {folder}, ParameterScope::load), Skip);
}
