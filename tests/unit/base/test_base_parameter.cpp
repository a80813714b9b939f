#include "base/parameter.hpp"
#include "support/catch.hpp"

#include <limits>

using namespace pictor::host;

namespace {

ParameterSpec spec_of(ParameterType type, std::string id = "value") {
  ParameterSpec spec;
  spec.id = std::move(id);
  spec.type = type;
  return spec;
}

ParameterSpec width() {
  ParameterSpec spec = spec_of(ParameterType::integer, "width");
  spec.minimum = 64;
  spec.maximum = 2048;
  spec.step = 8;
  spec.aliases = {"W"};
  return spec;
}

ParameterSpec scheduler() {
  ParameterSpec spec = spec_of(ParameterType::choice, "scheduler");
  spec.choices = {{"euler", "Euler", {"EulerDiscreteScheduler"}, false},
                  {"euler_a", "Euler a", {"EulerAncestralDiscreteScheduler"}, false},
                  {"plms", "PLMS", {}, true}};
  return spec;
}

// The value as JSON, or "! " and the message.
std::string checked(const ParameterSpec &spec, const Json &value, bool from_text = false) {
  const auto result = check_value(spec, value, from_text);
  if (const auto *error = std::get_if<ValueError>(&result)) return "! " + error->message;
  return std::get<Json>(result).dump();
}

std::string from_text(const ParameterSpec &spec, const std::string &text) {
  return checked(spec, text, true);
}

}  // namespace

TEST_CASE("a spec is found by id, then by alias") {
  const std::vector<ParameterSpec> specs = {width(), scheduler()};
  CHECK(find_spec(specs, "width") == &specs[0]);
  CHECK(find_spec(specs, "W") == &specs[0]);
  CHECK(find_spec(specs, "w") == nullptr);
  CHECK(names_of(specs) == std::vector<std::string>{"width", "W", "scheduler"});
}

TEST_CASE("a spec describes its values") {
  CHECK(describe_values(width()) == "integer, 64..2048, a multiple of 8");
  CHECK(describe_values(scheduler()) == "one of: euler, euler_a");
  ParameterSpec open = spec_of(ParameterType::number);
  open.minimum = 0;
  open.exclusive_minimum = true;
  CHECK(describe_values(open) == "number, more than 0");
  open.maximum = 0.5;
  CHECK(describe_bounds(open) == "more than 0 and at most 0.5");
}

TEST_CASE("an integer is whole, in bounds and on its step") {
  CHECK(checked(width(), 512) == "512");
  CHECK(checked(width(), 512.0) == "512");
  CHECK(checked(width(), 512.5) == "! width must be an integer, not 512.5");
  CHECK(checked(width(), 513) == "! width must be a multiple of 8, not 513; 512 and 520 are");
  CHECK(checked(width(), 8) == "! width must be 64..2048, not 8");
  CHECK(checked(width(), "512") == "! width must be an integer, not \"512\"; remove the quotes");
  CHECK(checked(width(), "wide") == "! width must be an integer, not \"wide\"");
  CHECK(checked(width(), true) == "! width must be an integer, not true");
  CHECK(checked(spec_of(ParameterType::integer), 1e300).starts_with("! value must be an integer"));
  CHECK(checked(spec_of(ParameterType::integer), UINT64_MAX)
            .starts_with("! value must be a 64-bit integer"));
}

TEST_CASE("text of a cell or flag is read as what the parameter asks for") {
  CHECK(from_text(width(), " 512 ") == "512");
  CHECK(from_text(width(), "512.0") == "512");
  CHECK(from_text(width(), "+512") == "512");
  CHECK(from_text(width(), "5 12") == "! width must be an integer, not \"5 12\"");
  CHECK(from_text(spec_of(ParameterType::boolean), "TRUE") == "true");
  CHECK(from_text(spec_of(ParameterType::boolean), "yes") ==
        "! value must be true or false, not \"yes\"");
  CHECK(from_text(spec_of(ParameterType::number), "7.5") == "7.5");
  CHECK(from_text(spec_of(ParameterType::number), "1e999") ==
        "! value must be a finite number, not \"1e999\"");
  CHECK(from_text(spec_of(ParameterType::number), "nan").starts_with("! "));
  CHECK(from_text(spec_of(ParameterType::json), "{\"a\": [1]}") == "{\"a\":[1]}");
  CHECK(from_text(spec_of(ParameterType::json), "{a") == "! value must be JSON, not \"{a\"");
  CHECK(from_text(spec_of(ParameterType::string_list), "a, b") == "[\"a\",\"b\"]");
  CHECK(from_text(spec_of(ParameterType::string_list), "[\"a, b\"]") == "[\"a, b\"]");
}

TEST_CASE("a boolean is nothing but true and false") {
  const ParameterSpec flag = spec_of(ParameterType::boolean, "vae_tiling");
  CHECK(checked(flag, true) == "true");
  CHECK(checked(flag, 1) == "! vae_tiling must be true or false, not 1");
  CHECK(checked(flag, "true") ==
        "! vae_tiling must be true or false, not \"true\"; remove the quotes");
}

TEST_CASE("a number is finite and in bounds") {
  ParameterSpec strength = spec_of(ParameterType::number, "strength");
  strength.minimum = 0;
  strength.exclusive_minimum = true;
  strength.maximum = 1;
  CHECK(checked(strength, 1) == "1.0");
  CHECK(checked(strength, 0) == "! strength must be more than 0 and at most 1, not 0");
  CHECK(checked(strength, std::numeric_limits<double>::infinity()).starts_with("! "));
}

TEST_CASE("a seed is any unsigned 64-bit integer") {
  const ParameterSpec seed = spec_of(ParameterType::seed, "seed");
  CHECK(checked(seed, UINT64_MAX) == "18446744073709551615");
  CHECK(from_text(seed, "18446744073709551615") == "18446744073709551615");
  CHECK(from_text(seed, "18446744073709551616").starts_with("! "));
  CHECK(checked(seed, 42.0) == "42");
  CHECK(checked(seed, -1) == "! seed must be 0 or more, not -1; leave it out to have one chosen");
  CHECK(checked(seed, 0.5).starts_with("! seed must be an integer"));
}

TEST_CASE("a choice is known by value, label and alias in any letter case") {
  CHECK(checked(scheduler(), "euler_a") == "\"euler_a\"");
  CHECK(checked(scheduler(), "Euler a") == "\"euler_a\"");
  CHECK(checked(scheduler(), "eulerdiscretescheduler") == "\"euler\"");
  CHECK(checked(scheduler(), "plms") == "\"plms\"");
  CHECK(checked(scheduler(), "eulr") ==
        "! scheduler must be one of: euler, euler_a, not \"eulr\"; did you mean 'euler'?");
  ParameterSpec open = scheduler();
  open.open_choices = true;
  CHECK(checked(open, "brand-new") == "\"brand-new\"");
}

TEST_CASE("lists hold numbers or texts, each checked") {
  ParameterSpec sigmas = spec_of(ParameterType::number_list, "sigmas");
  sigmas.minimum = 0;
  CHECK(checked(sigmas, {3, 2.5, 0}) == "[3.0,2.5,0.0]");
  CHECK(checked(sigmas, "1, 2, 3") == "[1.0,2.0,3.0]");
  CHECK(checked(sigmas, 4) == "[4.0]");
  CHECK(checked(sigmas, {1, -1}) == "! sigmas[1] must be at least 0, not -1");
  CHECK(checked(sigmas, "1, x") == "! sigmas[1] must be a finite number, not \"x\"");
  const ParameterSpec texts = spec_of(ParameterType::string_list, "loras");
  CHECK(checked(texts, "a, b") == "[\"a, b\"]");
  CHECK(checked(texts, {"a", 1}) == "! loras[1] must be text, not 1");
  CHECK(checked(texts, Json::object()) == "! loras must be a list of texts, not {}");
}

TEST_CASE("a list of pictures is one path or several") {
  const ParameterSpec images = spec_of(ParameterType::image_list, "images");
  CHECK(checked(images, "a, b; c.png") == R"(["a, b; c.png"])");
  CHECK(checked(images, {"a.png", "b.png"}) == R"(["a.png","b.png"])");
  CHECK(from_text(images, "a, b.png ; c.png") == R"(["a, b.png","c.png"])");
  CHECK(from_text(images, R"(["a;b.png", "c.png"])") == R"(["a;b.png","c.png"])");
  CHECK(from_text(images, "a.png;") == "! images[1] is empty");
  CHECK(checked(images, Json::array()) == "! images is an empty list; leave it out for none");
  CHECK(checked(images, {"a.png", 1}) == "! images[1] must be a path, not 1");
  CHECK(checked(images, Json::object()) == "! images must be a list of paths, not {}");
  CHECK(checked(images, std::vector<std::string>(65, "a.png")) ==
        "! images must have at most 64 entries, not 65");
  CHECK(describe_values(images) == "image_list");
}

TEST_CASE("texts have a size limit and no NUL") {
  ParameterSpec text = spec_of(ParameterType::string, "negative_prompt");
  CHECK(checked(text, 5) == "! negative_prompt must be text, not 5");
  text.max_bytes = 4;
  CHECK(checked(text, "five!") == "! negative_prompt must be at most 4 bytes long, not 5");
  text.max_bytes = 0;
  CHECK(checked(text, std::string(200000, 'x')).size() == 200002);
  CHECK(checked(text, std::string("a\0b", 3)) ==
        "! negative_prompt must not hold the character NUL");
}

TEST_CASE("a long or broken value is shown short and whole") {
  CHECK(checked(width(), std::string(5000, 'w')).size() < 120);
  CHECK(checked(width(), std::string("\xff")).starts_with("! width must be an integer"));
}

TEST_CASE("a secret is a variable's name, and what was written instead is not repeated") {
  const ParameterSpec key = spec_of(ParameterType::secret, "api_key");
  CHECK(checked(key, "OPENAI_API_KEY") == "\"OPENAI_API_KEY\"");
  CHECK(checked(key, "sk-12345") == "! api_key must be the name of an environment variable");
  CHECK(checked(key, 12345) == "! api_key must be the name of an environment variable");
}
