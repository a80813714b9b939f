#include "fixtures.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/specs.hpp"
#include "support/catch.hpp"

#include <limits>

using namespace pictor::host;
using namespace pictor::test;

namespace {

pictor_param_spec spec_of(const char *id, pictor_type type) {
  pictor_param_spec spec{};
  spec.struct_size = sizeof spec;
  spec.type = type;
  spec.scope = PICTOR_SCOPE_REQUEST;
  spec.id = id;
  spec.doc = "A parameter.";
  return spec;
}

pictor_value value_of(pictor_type type, std::int64_t i64, double f64 = 0) {
  pictor_value value{};
  value.struct_size = sizeof value;
  value.type = type;
  value.i64 = i64;
  value.f64 = f64;
  return value;
}

// The fault of a declaration that `change` made wrong.
template <class Change>
std::string fault(pictor_type type, Change change) {
  pictor_param_spec spec = spec_of("x", type);
  change(spec);
  const std::string message = message_of<ContractFault>([&] { read_spec(&spec, "spec 3"); });
  INFO(message);
  CHECK(message.starts_with("spec 3"));
  return message;
}

}  // namespace

TEST_CASE("a declaration is read in full") {
  static const char *const aliases[] = {"steps", nullptr};
  const pictor_value thirty = value_of(PICTOR_TYPE_INT, 30);
  pictor_param_spec theirs = spec_of("num_inference_steps", PICTOR_TYPE_INT);
  theirs.flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX | PICTOR_PARAM_EXCLUSIVE_MAX |
                 PICTOR_PARAM_AFFECTS_COST | PICTOR_PARAM_ADVANCED;
  theirs.min_value = 1;
  theirs.max_value = 1000;
  theirs.step = 5;
  theirs.unit = "steps";
  theirs.env = "STEPS";
  theirs.default_value = &thirty;
  theirs.aliases = aliases;
  const ParameterSpec spec = read_spec(&theirs, "spec 0");
  CHECK(spec.id == "num_inference_steps");
  CHECK(spec.label == "num_inference_steps");
  CHECK(spec.type == ParameterType::integer);
  CHECK(spec.scope == ParameterScope::request);
  CHECK(spec.minimum == 1.0);
  CHECK(spec.maximum == 1000.0);
  CHECK(spec.exclusive_maximum);
  CHECK_FALSE(spec.exclusive_minimum);
  CHECK(spec.step == 5);
  CHECK(spec.unit == "steps");
  CHECK(spec.env == "STEPS");
  CHECK(spec.default_value == Json(30));
  CHECK(spec.aliases == std::vector<std::string>{"steps"});
  CHECK(spec.affects_cost);
  CHECK(spec.advanced);
  CHECK_FALSE(spec.required);
}

TEST_CASE("a bad name or text is named") {
  const auto with_id = [](const char *id) {
    return fault(PICTOR_TYPE_INT, [&](pictor_param_spec &spec) { spec.id = id; });
  };
  CHECK(with_id(nullptr) == "spec 3: id is NULL");
  CHECK(with_id("") == "spec 3: id is empty");
  CHECK_THAT(with_id("Width"), ContainsSubstring("id 'Width' is not [a-z][a-z0-9_]*"));
  CHECK_THAT(with_id("1x"), ContainsSubstring("id '1x' is not"));
  CHECK(fault(PICTOR_TYPE_INT, [](pictor_param_spec &spec) { spec.doc = nullptr; }) ==
        "spec 3 'x': doc is NULL");
  CHECK(fault(PICTOR_TYPE_INT, [](pictor_param_spec &spec) { spec.unit = "\xff"; }) ==
        "spec 3 'x': unit is not UTF-8 at byte 0");
  CHECK_THAT(fault(PICTOR_TYPE_INT, [](pictor_param_spec &spec) { spec.env = "A B"; }),
             ContainsSubstring("env 'A B'"));
}

TEST_CASE("a well-known name must have its type") {
  pictor_param_spec spec = spec_of("width", PICTOR_TYPE_STRING);
  CHECK(message_of<ContractFault>([&] { read_spec(&spec, "spec 3"); }) ==
        "spec 3 'width': type is 4, but this well-known name has type 2");
  spec.type = PICTOR_TYPE_INT;
  CHECK(read_spec(&spec, "spec 3").type == ParameterType::integer);
}

TEST_CASE("impossible types, scopes and bounds are named") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  using Spec = pictor_param_spec;
  CHECK_THAT(fault(99, [](Spec &) {}), ContainsSubstring("type is 99"));
  CHECK_THAT(fault(PICTOR_TYPE_INT, [](Spec &spec) { spec.scope = 3; }),
             ContainsSubstring("scope is 3"));
  CHECK_THAT(fault(PICTOR_TYPE_PATH, [](Spec &) {}), ContainsSubstring("must be of load scope"));
  CHECK_THAT(fault(PICTOR_TYPE_SECRET, [](Spec &) {}), ContainsSubstring("must be of load scope"));
  CHECK_THAT(fault(PICTOR_TYPE_STRING, [](Spec &spec) { spec.flags = PICTOR_PARAM_PATH_OR_NAME; }),
             ContainsSubstring("PATH_OR_NAME is for a STRING or JSON of load scope"));
  CHECK_THAT(fault(PICTOR_TYPE_STRING, [](Spec &spec) { spec.flags = PICTOR_PARAM_HAS_MIN; }),
             ContainsSubstring("min_value is set, but the type has no numbers"));
  CHECK_THAT(fault(PICTOR_TYPE_INT,
                   [](Spec &spec) {
                     spec.flags = PICTOR_PARAM_HAS_MAX;
                     spec.max_value = nan;
                   }),
             ContainsSubstring("max_value is nan"));
  CHECK_THAT(fault(PICTOR_TYPE_INT,
                   [](Spec &spec) {
                     spec.flags = PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_HAS_MAX;
                     spec.min_value = 2;
                     spec.max_value = 1;
                   }),
             ContainsSubstring("min_value 2 is above max_value 1"));
  CHECK_THAT(fault(PICTOR_TYPE_INT, [](Spec &spec) { spec.step = -8; }),
             ContainsSubstring("step is -8"));
  CHECK_THAT(fault(PICTOR_TYPE_FLOAT, [](Spec &spec) { spec.step = 8; }),
             ContainsSubstring("step is set, but the type is not INT"));
  CHECK_THAT(fault(PICTOR_TYPE_INT, [](Spec &spec) { spec.choice_count = 1; }),
             ContainsSubstring("it has choices"));
  CHECK_THAT(fault(PICTOR_TYPE_ENUM, [](Spec &) {}),
             ContainsSubstring("an ENUM with 0 choices at NULL"));
  CHECK_THAT(fault(PICTOR_TYPE_ENUM, [](Spec &spec) { spec.choice_count = UINT64_MAX; }),
             ContainsSubstring("choices at NULL"));
  CHECK_THAT(fault(PICTOR_TYPE_INT, [](Spec &spec) { spec.struct_size = 12; }),
             ContainsSubstring("struct_size is 12"));
}

TEST_CASE("a default must be a value that a user could give") {
  const auto with_default = [](pictor_type type, pictor_value value, double step = 0) {
    return fault(type, [&](pictor_param_spec &spec) {
      spec.default_value = &value;
      spec.flags = type == PICTOR_TYPE_INT || type == PICTOR_TYPE_FLOAT
                       ? PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_EXCLUSIVE_MIN
                       : 0;
      spec.step = step;
    });
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK_THAT(with_default(PICTOR_TYPE_INT, value_of(PICTOR_TYPE_INT, 0)),
             ContainsSubstring("the default 0 is outside the bounds"));
  CHECK_THAT(with_default(PICTOR_TYPE_INT, value_of(PICTOR_TYPE_INT, 12), 8),
             ContainsSubstring("the default 12 is no multiple of step 8"));
  CHECK_THAT(with_default(PICTOR_TYPE_INT, value_of(PICTOR_TYPE_FLOAT, 0, 1.5)),
             ContainsSubstring("default_value has type 3, the parameter 2"));
  CHECK_THAT(with_default(PICTOR_TYPE_FLOAT, value_of(PICTOR_TYPE_FLOAT, 0, infinity)),
             ContainsSubstring("default_value is inf"));
  CHECK_THAT(with_default(PICTOR_TYPE_BOOL, value_of(PICTOR_TYPE_BOOL, 2)),
             ContainsSubstring("a boolean of value 2"));
  CHECK_THAT(with_default(PICTOR_TYPE_IMAGE, value_of(PICTOR_TYPE_IMAGE, 0)),
             ContainsSubstring("cannot have a default"));
  const pictor_value one = value_of(PICTOR_TYPE_INT, 1);
  CHECK_THAT(fault(PICTOR_TYPE_INT,
                   [&](pictor_param_spec &spec) {
                     spec.default_value = &one;
                     spec.flags = PICTOR_PARAM_REQUIRED;
                   }),
             ContainsSubstring("it is REQUIRED and has a default"));
}

TEST_CASE("a choice comes once, and the default is one of them") {
  const auto choice = [](const char *value) {
    pictor_choice each{};
    each.struct_size = sizeof each;
    each.value = value;
    return each;
  };
  const pictor_choice a = choice("a"), b = choice("b"), again = choice("a");
  const pictor_choice *const good[] = {&a, &b};
  const pictor_choice *const twice[] = {&a, &again};
  const pictor_choice *const null[] = {&a, nullptr};
  pictor_value value = value_of(PICTOR_TYPE_ENUM, 0);
  value.str = {"c", 1};
  const auto with = [&](const pictor_choice *const *choices) {
    return fault(PICTOR_TYPE_ENUM, [&](pictor_param_spec &spec) {
      spec.choices = choices;
      spec.choice_count = 2;
      spec.default_value = &value;
    });
  };
  CHECK_THAT(with(twice), ContainsSubstring("the choice 'a' comes twice"));
  CHECK_THAT(with(null), ContainsSubstring("choices[1] is NULL"));
  CHECK_THAT(with(good), ContainsSubstring("the default 'c' is none of the choices"));
  pictor_param_spec open = spec_of("x", PICTOR_TYPE_ENUM);
  open.choices = good;
  open.choice_count = 2;
  open.default_value = &value;
  open.flags = PICTOR_PARAM_OPEN_ENUM;
  const ParameterSpec spec = read_spec(&open, "spec 0");
  CHECK(spec.choices.size() == 2);
  CHECK(spec.choices[1].label == "b");
  CHECK(spec.default_value == Json("c"));
}
