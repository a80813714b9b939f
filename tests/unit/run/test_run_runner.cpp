#include "runner_scenario.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using namespace pictor::test;

TEST_CASE("every picture is drawn, stored and recorded") {
  RunnerScenario scenario("fox, dog x3, cat");
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "fox.0 ok, dog.0 ok, dog.1 ok, dog.2 ok, cat.0 ok");
  CHECK(summary.made == 5);
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK_FALSE(summary.interrupted);
}

TEST_CASE("one failure loses nothing of the others") {
  RunnerScenario scenario("fox, dog, cat");
  scenario.studio().behaviour = {{"dog", "refused"}};
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "fox.0 ok, dog.0 refused, cat.0 ok");
  CHECK(summary.exit_code() == ExitCode::refused_only);
  REQUIRE(summary.errors.size() == 1);
  CHECK(summary.errors[0].message == "it is refused");
  CHECK(summary.errors[0].example_row == 1);
}

TEST_CASE("pictures that came before a failure are kept") {
  RunnerScenario scenario("dog x3");
  scenario.models[0].retry.attempts = 1;
  scenario.studio().behaviour = {{"dog", "half"}};
  CHECK(scenario.run_and_print() == "dog.0 ok, dog.1 oom, dog.2 oom");
}

TEST_CASE("a request that ends without its picture is a fault of the plugin") {
  RunnerScenario scenario("dog");
  scenario.studio().behaviour = {{"dog", "silent"}};
  CHECK(scenario.run_and_print() == "dog.0 internal");
  CHECK_THAT(scenario.ledger.end({0, 0, 0})->failure->message,
             ContainsSubstring("without handing this picture over"));
}

TEST_CASE("only what is missing is drawn again") {
  RunnerScenario scenario("fox, dog x2, cat");
  scenario.models[0].retry.attempts = 1;
  scenario.studio().behaviour = {{"dog", "half"}, {"cat", "refused"}};
  CHECK(scenario.run_and_print() == "fox.0 ok, dog.0 ok, dog.1 oom, cat.0 refused");
  scenario.studio().behaviour.clear();
  scenario.studio().handed_over = 0;
  CHECK(scenario.run_and_print() == "fox.0 ok, dog.0 ok, dog.1 ok, cat.0 refused");
  CHECK(scenario.studio().handed_over == 1);
}

TEST_CASE("a run that finds all done loads no model") {
  RunnerScenario scenario("fox");
  scenario.run();
  CHECK(scenario.run().exit_code() == ExitCode::ok);
  CHECK(scenario.studio().loads == 1);
}

TEST_CASE("a model that stops is not asked again, the others go on") {
  RunnerScenario scenario("fox, dog, cat, owl, elk, bee");
  scenario.add_model("other");
  scenario.studio(0).behaviour = {{"dog", "stop"}, {"cat", "hold"}};
  // Until the runner has stopped the model, the model is busy with what it was given ahead.
  struct OpenWhenStopped : Status {
    explicit OpenWhenStopped(Gate &opened) : gate(opened) {}
    void model(const ModelReport &report) override {
      if (report.state == ModelState::stopped) gate.open();
    }
    Gate &gate;
  } status(scenario.studio(0).gate);
  scenario.status = &status;
  const Summary summary = scenario.run();
  CHECK(scenario.studio(0).begun <= 3);
  CHECK(scenario.studio(1).begun == 6);
  CHECK_THAT(scenario.ends(), ContainsSubstring("dog.0@painter transient, dog.0@other ok"));
  REQUIRE(summary.stopped.size() == 1);
  CHECK(summary.stopped[0].name == "painter");
  CHECK(summary.stopped[0].failure.message == "wrong key");
  CHECK(summary.exit_code() == ExitCode::authentication);

  scenario.studio(0).behaviour.clear();
  CHECK(scenario.run().exit_code() == ExitCode::ok);
}

TEST_CASE("a model that cannot be loaded stops only its own samples") {
  RunnerScenario scenario("fox");
  scenario.add_model("other");
  scenario.studio(0).load_fails = true;
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "fox.0@other ok");
  REQUIRE(summary.stopped.size() == 1);
  CHECK(summary.stopped[0].failure.message == "no such paint");
  CHECK(summary.exit_code() == ExitCode::some_failed);
}

TEST_CASE("a synchronous model gets full batches") {
  RunnerScenario scenario("a, b, c, d, e, f, g, h, i, j");
  scenario.studio().max_batch = 4;
  scenario.run();
  CHECK(scenario.studio().batches == std::vector<std::size_t>{4, 4, 2});
}

TEST_CASE("an asynchronous model has up to `concurrency` requests in flight") {
  RunnerScenario scenario("a, b, c, d, e, f, g, h, i, j");
  scenario.studio().async = true;
  scenario.studio().max_concurrency = 0;
  scenario.models[0].concurrency = 3;
  CHECK(scenario.run().made == 10);
  CHECK(scenario.studio().most_at_once <= 3);
}

TEST_CASE("the shape of a lane follows what the model and the job allow") {
  const auto shape = [](bool async, bool billed, std::uint32_t calls, std::uint32_t concurrency) {
    ModelInfo info;
    info.async = async;
    info.billed = billed;
    info.max_concurrency = calls;
    info.max_batch = 2;
    const LaneShape lane = lane_shape(info, concurrency);
    return std::to_string(lane.threads) + " threads, " + std::to_string(lane.max_batch) +
           " rows, " + std::to_string(lane.batches) + " batches";
  };
  CHECK(shape(false, false, 1, 8) == "1 threads, 2 rows, 2 batches");
  CHECK(shape(false, false, 0, 8) == "8 threads, 2 rows, 16 batches");
  CHECK(shape(false, true, 4, 2) == "2 threads, 2 rows, 2 batches");
  CHECK(shape(true, false, 0, 8) == "1 threads, 1 rows, 8 batches");
  CHECK(shape(true, true, 4, 8) == "1 threads, 1 rows, 4 batches");
}

TEST_CASE("a slow disk makes the model wait: pictures do not pile up") {
  RunnerScenario scenario("dog x200");
  std::atomic<int> stored = 0, most = 0;
  scenario.store.on_store = [&](const DrawnPicture &) {
    raise_to(most, scenario.studio().handed_over - stored);
    ++stored;
  };
  CHECK(scenario.run().made == 200);
  // Of at most eight encoders each: two pictures that wait and one in hand; and one at the door.
  CHECK(most <= 8 * 3 + 1);
}
