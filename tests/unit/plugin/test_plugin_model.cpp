#include "base/error.hpp"
#include "fixtures.hpp"
#include "plugin/plugin.hpp"
#include "recorded_events.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <cstdlib>
#include <thread>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// A model of a fixture, loaded.
std::unique_ptr<Model> model_of(const std::string &id, const Parameters &parameters = {}) {
  auto model = std::make_unique<Model>(load_fixture(id), "", parameters);
  REQUIRE_FALSE(model->load({}, {}));
  return model;
}

std::string draw(Model &model, std::vector<ModelRequest> batch,
                 const std::shared_ptr<RecordedEvents> &events) {
  const std::size_t count = batch.size();
  model.generate(std::move(batch), events);
  return events->wait_for(count);
}

}  // namespace

TEST_CASE("a model in plain C draws") {
  const auto events = std::make_shared<RecordedEvents>();
  std::vector<std::string> progress;
  Model model(load_fixture("minimal"), "shade", {});
  REQUIRE_FALSE(model.load(
      [&](double fraction, const std::string &stage) {
        progress.push_back(stage + " " + std::to_string(fraction));
      },
      {}));
  CHECK(progress == std::vector<std::string>{"ready 1.000000"});
  CHECK(model.model_name() == "one shade");
  auto batch = requests(1, 2);
  batch[0].parameters["shade"] = 200;
  CHECK(draw(model, std::move(batch), events) == "0: picture 0, picture 1, done");
  const Picture picture = events->picture(0);
  CHECK(picture.width == 16);
  CHECK(picture.height == 8);
  CHECK(picture.channels == 1);
  CHECK(picture.size == 1);
  CHECK(*picture.data == 200);
}

TEST_CASE("every parameter reaches the model, and its metadata comes back") {
  const TempDir folder;
  const auto image = folder.write("in.png", "\x89PNG\r\n\x1a\n1234567");
  setenv("PICTOR_TEST_KEY", "s3cret", 1);
  const auto model =
      model_of("echo", {{"weights", "/models/x.bin"}, {"api_key", "PICTOR_TEST_KEY"}});
  CHECK(model->model_name() == "a secret of 6 bytes");
  const auto events = std::make_shared<RecordedEvents>();
  auto batch = requests(1, 1, "ein Fuchs");
  batch[0].seeds = {UINT64_MAX};
  batch[0].checkpoint = "from before";
  const Parameters parameters = {
      {"num_inference_steps", 25},    {"scheduler", "ddim"},       {"fast", true},
      {"guidance_scale", 7.5},        {"negative_prompt", "rain"}, {"noise_seed", UINT64_MAX},
      {"extra_args", Json{{"k", 1}}}, {"loras", {"a", "b"}},       {"sigmas", {1.0, 0.5}}};
  batch[0].parameters = parameters;
  batch[0].parameters["image"] = image.string();
  CHECK(draw(*model, std::move(batch), events) == "0: picture 0, checkpoint 'drawn', done");
  const PictureMeta meta = events->meta(0);
  for (const auto &[id, value] : parameters) CHECK(meta.extra.at(id) == value);
  CHECK(meta.extra.at("image") == 15);
  CHECK(meta.extra.at("load.weights") == "/models/x.bin");
  CHECK_FALSE(meta.extra.contains("load.api_key"));
  CHECK(meta.seed == UINT64_MAX);
  CHECK(meta.cost_micros == 1234);
  CHECK(meta.cost_currency == "EUR");
  CHECK(meta.revised_prompt == "ein Fuchs");
  CHECK(meta.finish_reason == "from before");
}

TEST_CASE("a request whose image is missing ends alone") {
  const auto model = model_of("echo");
  const auto events = std::make_shared<RecordedEvents>();
  auto batch = requests(3);
  batch[1].parameters["image"] = "/nowhere/in.png";
  CHECK(draw(*model, std::move(batch), events) ==
        "0: picture 0, checkpoint 'drawn', done | 1: invalid | "
        "2: picture 0, checkpoint 'drawn', done");
  CHECK(events->failure(1).parameter == "image");
  CHECK(events->failure(1).stage == "row");
}

TEST_CASE("a model that lacks its key fails to load") {
  unsetenv("PICTOR_TEST_KEY");
  Model model(load_fixture("echo"), "", {{"api_key", "PICTOR_TEST_KEY"}});
  const auto failure = model.load({}, {});
  REQUIRE(failure);
  CHECK(failure->stage == "load");
  CHECK(failure->message == "the key is not there");
  CHECK(failure->stops_model);
  CHECK(failure->authentication);
}

TEST_CASE("a plugin's word about its configuration ends the command") {
  try {
    Model(load_fixture("echo"), "", {{"api_key", "FORBIDDEN"}});
    FAIL("a forbidden key was taken");
  } catch (const Error &error) {
    CHECK(error.what() == std::string("model 'only' of plugin 'echo': this key is forbidden"));
    CHECK(error.code() == ExitCode::usage);
  }
}

TEST_CASE("a request is checked without drawing") {
  const auto model = model_of("echo");
  CHECK_FALSE(model->validate(requests(1)[0]));
  const auto failure = model->validate(requests(1, 1, "")[0]);
  REQUIRE(failure);
  CHECK(failure->outcome == Outcome::invalid);
  CHECK(failure->stage == "row");
  CHECK(failure->message == "a prompt is needed");
}

TEST_CASE("an asynchronous model answers out of order, from its own thread") {
  const auto model = model_of("async");
  const auto first = std::make_shared<RecordedEvents>();
  const auto second = std::make_shared<RecordedEvents>();
  model->generate(requests(3), first);
  model->generate(requests(2, 2), second);
  CHECK(first->wait_for(3) == "0: picture 0, done | 1: picture 0, done | 2: picture 0, done");
  CHECK(second->wait_for(2) == "0: picture 0, picture 1, done | 1: picture 0, picture 1, done");
  CHECK(first->order_of_ends() == std::vector<std::uint32_t>{2, 1, 0});
}

TEST_CASE("a model that goes away ends all work first") {
  std::vector<std::shared_ptr<RecordedEvents>> all;
  {
    const auto model = model_of("async");
    for (int i = 0; i < 50; ++i) {
      all.push_back(std::make_shared<RecordedEvents>());
      model->generate(requests(4), all.back());
    }
  }
  for (const auto &events : all) CHECK(events->order_of_ends().size() == 4);
}

TEST_CASE("cancelling ends a drawing that polls") {
  const auto model = model_of("slow-cancel");
  const auto events = std::make_shared<RecordedEvents>();
  std::thread drawing([&] { model->generate(requests(2), events); });
  events->wait_for_progress();
  model->cancel();
  CHECK(events->wait_for(2) == "0: cancelled | 1: cancelled");
  CHECK(events->failure(0).message == "stopped as asked");
  drawing.join();
}

TEST_CASE("a failed request tells everything about its failure") {
  const auto model = model_of("fails");
  const auto events = std::make_shared<RecordedEvents>();
  auto batch = requests(2, 1, "7 0 slower, please");
  batch[1].prompt = "9 16 not that";
  CHECK(draw(*model, std::move(batch), events) == "0: rate_limited | 1: filtered");
  const Failure failure = events->failure(0);
  CHECK(failure.message == "slower, please");
  CHECK(failure.stage == "generate");
  CHECK(failure.http_status == 429);
  CHECK(failure.retry_after_ms == 1500);
  CHECK(failure.provider_code == "code-7");
  CHECK(failure.parameter == "width");
  CHECK(failure.details_json == R"({"reason":"because","provider_request_id":"request-8"})");
}

TEST_CASE("a refused job ends every request with its failure") {
  const auto model = model_of("fails");
  const auto events = std::make_shared<RecordedEvents>();
  CHECK(draw(*model, requests(2, 1, "refuse 10 0 out of memory"), events) == "0: oom | 1: oom");
  CHECK(events->failure(1).message == "out of memory");
}

TEST_CASE("lent pixels come back exactly once each") {
  const auto model = model_of("releases");
  {
    const auto events = std::make_shared<RecordedEvents>();
    CHECK(draw(*model, requests(1, 3), events) == "0: picture 0, picture 1, picture 2, done");
    CHECK(events->picture(0).size == 28);
    CHECK(events->picture(0).stride_y == 8);
  }
  double all_came_back = 0;
  REQUIRE_FALSE(
      model->load([&](double fraction, const std::string &) { all_came_back = fraction; }, {}));
  CHECK(all_came_back == 1.0);
}

TEST_CASE("lent pixels come back when the host cannot take them") {
  const CapturedLog captured;
  const auto model = model_of("releases");
  const auto events = std::make_shared<RecordedEvents>();
  events->fails_on_pictures = true;
  CHECK(draw(*model, requests(1, 2), events) == "0: internal");
  CHECK(events->failure(0).message == "the host failed to take a result: no room for pictures");
  double all_came_back = 0;
  REQUIRE_FALSE(
      model->load([&](double fraction, const std::string &) { all_came_back = fraction; }, {}));
  CHECK(all_came_back == 1.0);
}

TEST_CASE("an instance says what it is as it is configured") {
  const TempDir folder;
  const auto plugin = load_fixture("parking");
  CHECK(plugin->model("").billed);
  CHECK_FALSE(plugin->model("").parks);
  const auto info = [&](bool parks, bool free, int wanted) {
    return Model(plugin, "",
                 {{"folder", folder.path().string()},
                  {"parks", parks},
                  {"free", free},
                  {"wanted", wanted}})
        .info();
  };
  const ModelInfo parked = info(true, false, 50000);
  CHECK(parked.parks);
  CHECK(parked.billed);
  CHECK(parked.wanted_concurrency == 50000);
  CHECK_FALSE(parked.ignores_seed);
  const ModelInfo local = info(false, true, 0);
  CHECK_FALSE(local.parks);
  CHECK_FALSE(local.billed);
  CHECK(local.ignores_seed);
}
