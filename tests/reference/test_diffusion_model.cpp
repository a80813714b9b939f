#include "diffusion_model.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using namespace pictor::test;
using pictor::Params;
using pictor::diffusion::DiffusionModel;

namespace {

Params load_params() {
  Params given;
  given.set("model", tiny_sd15().string()).set("threads", std::int64_t{1});
  return Params::complete(DiffusionModel::runtime_parameters(), PICTOR_SCOPE_LOAD, given);
}

// Those of a small and quick picture, with `given` laid over them.
Params request_params(const Params &given = {}) {
  Params all;
  all.set("width", std::int64_t{64}).set("height", std::int64_t{64});
  all.set("num_inference_steps", std::int64_t{2});
  for (const auto &[id, value] : given.values()) all.set(id, value);
  return Params::complete(DiffusionModel::runtime_parameters(), PICTOR_SCOPE_REQUEST, all);
}

std::unique_ptr<DiffusionModel> loaded_model() {
  auto model = std::make_unique<DiffusionModel>(load_params());
  pictor::Loading loading{std::make_shared<pictor::detail::CollectedResults>(1, 1)};
  model->load(loading);
  return model;
}

// The parameter that a row is refused for, or "accepted".
std::string refused_parameter(const DiffusionModel &model, const std::string &prompt,
                              const Params &given) {
  const std::uint64_t seed = 1;
  pictor_request row{};
  row.struct_size = sizeof row;
  row.image_count = 1;
  row.seeds = &seed;
  row.prompt = pictor::detail::view(prompt);
  pictor::Request request{row, request_params(given),
                          std::make_shared<pictor::detail::CollectedResults>(1, 1), 0};
  try {
    model.validate(request);
    return "accepted";
  } catch (const pictor::Error &error) {
    CHECK(error.status() == pictor::Status::invalid_argument);
    return error.parameter();
  }
}

std::vector<std::uint8_t> pixels_of(const pictor::Image &image) {
  const pictor_image &layout = image.layout();
  const auto *data = static_cast<const std::uint8_t *>(layout.data);
  return {data, data + layout.size};
}

}  // namespace

TEST_CASE("a model that is not loaded refuses what no family could draw") {
  const DiffusionModel model{load_params()};
  Params given;
  CHECK(refused_parameter(model, "an owl (flat:1.2.3)", given) == "accepted");
  given.set("prompt_weights", true);
  CHECK(refused_parameter(model, "an owl (flat:1.2)", given) == "accepted");
  CHECK(refused_parameter(model, "an owl (flat:1.2.3)", given) == "prompt");
  given.set("negative_prompt", std::string{"(blurry:..)"});
  CHECK(refused_parameter(model, "an owl", given) == "negative_prompt");
  Params foreign;
  foreign.set("prompt_2", std::string{"a fox"});
  CHECK(refused_parameter(model, "an owl", foreign) == "accepted");
}

TEST_CASE("a loaded model refuses what its family does not read or cannot draw") {
  const auto model = loaded_model();
  CHECK(refused_parameter(*model, "an owl", {}) == "accepted");
  CHECK(refused_parameter(*model, "an owl", Params{}.set("prompt_2", std::string{"a fox"})) ==
        "prompt_2");
  CHECK(refused_parameter(*model, "an owl", Params{}.set("strength", 0.5)) == "strength");
  CHECK(refused_parameter(*model, "an owl", Params{}.set("width", std::int64_t{100})) == "width");
}

TEST_CASE("rows of different lengths are drawn as if alone") {
  const auto model = loaded_model();
  std::string long_prompt;
  for (int i = 0; i < 90; ++i) long_prompt += std::to_string(i % 10) + " ";
  Params given;
  given.set("long_prompts", std::string{"chunks"});
  const Params params = request_params(given);
  const auto both = model->generate_outputs({long_prompt, "an owl"}, 1, params);
  const auto first = model->generate_outputs({long_prompt}, 1, params);
  const auto second = model->generate_outputs({"an owl"}, 1, params);
  CHECK(pixels_of(both[0][0]) == pixels_of(first[0][0]));
  CHECK(pixels_of(both[1][0]) == pixels_of(second[0][0]));
  const auto cut = model->generate_outputs({long_prompt}, 1, request_params());
  CHECK(pixels_of(cut[0][0]) != pixels_of(first[0][0]));
}
