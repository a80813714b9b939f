#include "base/nearest_name.hpp"
#include "support/catch.hpp"

using pictor::host::did_you_mean;
using pictor::host::nearest_name;

namespace {
const std::vector<std::string> names = {"width", "height", "num_inference_steps", "seed", "model"};
}

TEST_CASE("a slip of the finger finds the name that was meant") {
  CHECK(nearest_name("widht", names) == "width");
  CHECK(nearest_name("hieght", names) == "height");
  CHECK(nearest_name("num-inference-steps", names) == "num_inference_steps");
  CHECK(nearest_name("SEED", names) == "seed");
  CHECK(nearest_name("num_inferense_step", names) == "num_inference_steps");
}

TEST_CASE("a word far from every name is no guess") {
  CHECK(nearest_name("prompt", names).empty());
  CHECK(nearest_name("x", names).empty());
  CHECK(nearest_name("", names).empty());
  CHECK(nearest_name(std::string(100000, 'a'), names).empty());
  CHECK(nearest_name("width", {}).empty());
}

TEST_CASE("a guess is a half sentence, no guess is nothing") {
  CHECK(did_you_mean("widht", names) == "; did you mean 'width'?");
  CHECK(did_you_mean("prompt", names).empty());
}
