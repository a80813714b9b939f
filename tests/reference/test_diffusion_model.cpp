#include "diffusion_model.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace pictor::test;
using pictor::Params;
using pictor::diffusion::DiffusionModel;

namespace {

Params load_params(std::int64_t replicas = 1) {
  Params given;
  given.set("model", tiny_sd15().string()).set("threads", std::int64_t{1});
  given.set("device", std::string{"cpu"}).set("replicas", replicas);
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

std::unique_ptr<DiffusionModel> loaded_model(std::int64_t replicas = 1) {
  auto model = std::make_unique<DiffusionModel>(load_params(replicas));
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

// Where as many drawings as are expected wait for each other at their first step.
class Meeting {
 public:
  explicit Meeting(int expected) : expected_(expected) {}

  void arrive() {
    constexpr std::chrono::minutes kGivenUp{2};
    std::unique_lock lock{mutex_};
    ++arrived_;
    changed_.notify_all();
    met_ = changed_.wait_for(lock, kGivenUp, [this] { return arrived_ >= expected_; }) && met_;
  }
  bool met() const { return met_; }

 private:
  const int expected_;
  int arrived_ = 0;
  bool met_ = true;
  std::mutex mutex_;
  std::condition_variable changed_;
};

class MeetingResults final : public pictor::detail::CollectedResults {
 public:
  explicit MeetingResults(Meeting &meeting) : CollectedResults(1, 1), meeting_(meeting) {}

  void progress(std::uint32_t, double, std::uint32_t step, std::uint32_t,
                const std::string &) noexcept override {
    if (step == 1) meeting_.arrive();
  }

 private:
  Meeting &meeting_;
};

// The picture of a row with the seed 0, as generate_outputs draws it.
pictor::Image draw_at(Meeting &meeting, DiffusionModel &model, const std::string &prompt) {
  const std::uint64_t seed = 0;
  pictor_request row{};
  row.struct_size = sizeof row;
  row.image_count = 1;
  row.seeds = &seed;
  row.prompt = pictor::detail::view(prompt);
  const auto results = std::make_shared<MeetingResults>(meeting);
  std::vector<pictor::Request> requests;
  requests.emplace_back(row, request_params(), results, 0);
  pictor::detail::generate_and_finish(model, requests);
  return results->take()[0][0];
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

TEST_CASE("replicas draw at once, and each what one alone draws") {
  const auto alone = loaded_model(), two = loaded_model(2);
  CHECK(alone->capacity(DiffusionModel::info()).max_concurrency == 1);
  CHECK(two->capacity(DiffusionModel::info()).max_concurrency == 2);
  Meeting meeting{2};
  std::vector<std::uint8_t> owl;
  std::thread beside{[&] { owl = pixels_of(draw_at(meeting, *two, "an owl")); }};
  const std::vector<std::uint8_t> fox = pixels_of(draw_at(meeting, *two, "a fox"));
  beside.join();
  CHECK(meeting.met());
  CHECK(fox == pixels_of(alone->generate_outputs({"a fox"}, 1, request_params())[0][0]));
  CHECK(owl == pixels_of(alone->generate_outputs({"an owl"}, 1, request_params())[0][0]));
}

TEST_CASE("more calls than there are replicas wait for one") {
  const auto model = loaded_model(2);
  std::vector<std::thread> calls;
  std::atomic<int> drawn = 0;
  for (int i = 0; i < 5; ++i) {
    calls.emplace_back([&] {
      drawn += static_cast<int>(model->generate_outputs({"an owl"}, 1, request_params()).size());
    });
  }
  for (std::thread &call : calls) call.join();
  CHECK(drawn == 5);
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
