// This program is its own workers, as pictor is; and what a model in one does.
#include "../plugin/fixtures.hpp"
#include "../plugin/recorded_events.hpp"
#include "base/error.hpp"
#include "plugin/plugin.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/other_main.hpp"
#include "worker/worker_main.hpp"

#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

using namespace pictor::host;
using namespace pictor::test;

bool other_main(int argc, char **argv, int *code) {
  if (argc != 2 || std::string_view(argv[1]) != worker::worker_argument) return false;
  *code = worker::worker_main();
  return true;
}

namespace {

std::unique_ptr<Model> loaded(const std::string &id) {
  auto model = std::make_unique<Model>(load_fixture(id), "", Parameters{});
  REQUIRE_FALSE(model->load({}, {}));
  return model;
}

std::string draw(Model &model, const std::string &prompt) {
  const auto events = std::make_shared<RecordedEvents>();
  model.generate(requests(1, 1, prompt), events);
  return events->wait_for(1);
}

}  // namespace

TEST_CASE("models of one process draw on many threads at once") {
  std::vector<std::unique_ptr<Model>> models;
  for (int i = 0; i < 3; ++i) models.push_back(loaded("minimal"));
  std::atomic<int> drawn{0};
  std::vector<std::thread> threads;
  for (const auto &model : models) {
    threads.emplace_back([&drawn, &model] {
      for (int i = 0; i < 40; ++i) {
        const auto events = std::make_shared<RecordedEvents>();
        auto batch = requests(1, 3);
        batch[0].parameters["shade"] = i;
        model->generate(std::move(batch), events);
        if (events->wait_for(1) != "0: picture 0, picture 1, picture 2, done") continue;
        if (*events->picture(0).data == i) ++drawn;
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  CHECK(drawn == 120);
}

TEST_CASE("a crash ends the requests that are out, and the next finds the model loaded") {
  const CapturedLog captured;
  const auto model = loaded("perilous");
  CHECK(draw(*model, "draw") == "0: picture 0, done");
  const auto events = std::make_shared<RecordedEvents>();
  model->generate(requests(1, 1, "abort the brush broke"), events);
  CHECK(events->wait_for(1) == "0: transient");
  CHECK_THAT(events->failure(0).message, ContainsSubstring("the brush broke"));
  const auto again = std::make_shared<RecordedEvents>();
  model->generate(requests(1, 1, "draw"), again);
  CHECK(again->wait_for(1) == "0: picture 0, done");
  CHECK(again->meta(0).extra.at("loaded") == true);
}

TEST_CASE("a model of a process that is gone unloads nothing in the next one") {
  const CapturedLog captured;
  auto first = loaded("perilous");
  draw(*first, "crash");
  REQUIRE(draw(*first, "draw") == "0: picture 0, done");  // instance 1 of its process
  const auto second = loaded("perilous");
  draw(*second, "crash");
  REQUIRE(draw(*second, "draw") == "0: picture 0, done");  // instance 1 of the next
  first.reset();
  const auto events = std::make_shared<RecordedEvents>();
  second->generate(requests(1, 1, "draw"), events);
  REQUIRE(events->wait_for(1) == "0: picture 0, done");
  CHECK(events->meta(0).extra.at("loaded") == true);
}

TEST_CASE("pictures outlive the process that drew them") {
  const auto events = std::make_shared<RecordedEvents>();
  {
    const auto model = loaded("minimal");
    auto batch = requests(1);
    batch[0].parameters["shade"] = 128;
    model->generate(std::move(batch), events);
    REQUIRE(events->wait_for(1) == "0: picture 0, done");
  }
  CHECK(*events->picture(0).data == 128);
}

TEST_CASE("a file that is no plugin is refused as it is in this process") {
  CHECK_THAT(message_of<Error>([&] { load_fixture("undefined-symbol"); }),
             ContainsSubstring("undefined symbol"));
  CHECK_THAT(message_of<Error>([&] { load_fixture("null-function"); }),
             ContainsSubstring("pictor_plugin.param_spec is NULL"));
  CHECK_THAT(message_of<Error>([&] { load_fixture("init-fails"); }),
             ContainsSubstring("the licence server is asleep"));
}
