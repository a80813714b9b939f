#include "error.hpp"
#include "tensor_catch.hpp"
#include "weights/lora_choice.hpp"

#include <string>
#include <vector>

using namespace pictor::diffusion;

namespace {

std::string refusal(const std::string &json) {
  try {
    read_loras(json);
    return "accepted";
  } catch (const Error &error) {
    CHECK(error.parameter() == "loras");
    return error.what();
  }
}

std::string refused_weights(const std::string &json) {
  try {
    with_weights(read_loras(R"(["a.safetensors", {"path": "b", "weight": 2}])"), json);
    return "accepted";
  } catch (const Error &error) {
    CHECK(error.parameter() == "lora_weights");
    return error.what();
  }
}

}  // namespace

TEST_CASE("LoRAs are paths, or maps with names and weights") {
  const std::vector<LoraSource> loras = read_loras(
      R"(["styles/ink.safetensors", {"path": "x", "name": "neon", "weight": -0.5},
          {"path": "y.safetensors", "scale": 2}])");
  REQUIRE(loras.size() == 3);
  CHECK(loras[0].name == "ink");
  CHECK(loras[0].path == "styles/ink.safetensors");
  CHECK(loras[0].weight == 1);
  CHECK(loras[1].name == "neon");
  CHECK(loras[1].weight == -0.5);
  CHECK(loras[2].name == "y");
  CHECK(loras[2].weight == 2);
  CHECK(read_loras("[]").empty());
}

TEST_CASE("a list of LoRAs that cannot be meant is refused") {
  CHECK_THAT(refusal("{}"), ContainsSubstring("must be a list"));
  CHECK_THAT(refusal("[3]"), ContainsSubstring("item 1 must be a path"));
  CHECK_THAT(refusal("[{}]"), ContainsSubstring("item 1 needs a 'path'"));
  CHECK_THAT(refusal(R"([{"path": 3}])"), ContainsSubstring("'path' must be a text"));
  CHECK_THAT(refusal(R"([{"path": "x", "wieght": 1}])"), ContainsSubstring("'wieght'"));
  CHECK_THAT(refusal(R"([{"path": "x", "weight": "1"}])"), ContainsSubstring("number from -100"));
  CHECK_THAT(refusal(R"([{"path": "x", "weight": 1e9}])"), ContainsSubstring("number from -100"));
  CHECK_THAT(refusal(R"([{"path": "x", "weight": 1, "scale": 1}])"), ContainsSubstring("both"));
  CHECK_THAT(refusal(R"(["a/x.safetensors", "b/x.safetensors"])"),
             ContainsSubstring("two are called 'x'"));
  CHECK_THAT(refusal("[\"x\""), ContainsSubstring("not valid JSON"));
}

TEST_CASE("a request's weights stand in place of those it names") {
  const std::vector<LoraSource> loras = read_loras(R"(["a", {"path": "b", "weight": 2}])");
  const std::vector<LoraSource> weighed = with_weights(loras, R"({"a": 0.25})");
  CHECK(weighed[0].weight == 0.25);
  CHECK(weighed[1].weight == 2);
  CHECK(same_loras(with_weights(loras, "{}"), loras));
  CHECK_FALSE(same_loras(weighed, loras));
  CHECK(has_smaller_weights(weighed, loras));
  CHECK_FALSE(has_smaller_weights(loras, weighed));
  CHECK_THAT(refused_weights("[]"), ContainsSubstring("must be a map"));
  CHECK_THAT(refused_weights(R"({"c": 1})"), ContainsSubstring("'c'") && ContainsSubstring("a, b"));
  CHECK_THAT(refused_weights(R"({"a": null})"), ContainsSubstring("must be a number"));
}
