#include "runner_scenario.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using namespace pictor::test;

TEST_CASE("the first interrupt finishes what is running and begins nothing") {
  RunnerScenario scenario("fox, dog, cat, owl");
  scenario.studio().behaviour = {{"fox", "hold"}};
  InterruptLevel level = InterruptLevel::none;
  scenario.interrupt = [&] {
    // The model is let go only after the runner was told to drain.
    if (level == InterruptLevel::drain) scenario.studio().gate.open();
    if (scenario.studio().begun > 0) level = InterruptLevel::drain;
    return level;
  };
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "fox.0 ok");
  CHECK(summary.interrupted);
  CHECK(summary.counts.open == 3);
  CHECK(summary.exit_code() == ExitCode::interrupted);

  scenario.interrupt = [] { return InterruptLevel::none; };
  CHECK(scenario.run().exit_code() == ExitCode::ok);
}

TEST_CASE("the second interrupt cancels what is running") {
  RunnerScenario scenario("fox, dog");
  scenario.studio().behaviour = {{"fox", "endless"}};
  scenario.interrupt = [&] {
    return scenario.studio().begun > 0 ? InterruptLevel::stop : InterruptLevel::none;
  };
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "fox.0 cancelled");
  CHECK(summary.exit_code() == ExitCode::interrupted);
}

TEST_CASE("an interrupt before anything began leaves everything open") {
  RunnerScenario scenario("fox");
  scenario.interrupt = [] { return InterruptLevel::drain; };
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "");
  CHECK(summary.exit_code() == ExitCode::interrupted);
}

TEST_CASE("billed requests that were taken back count as never sent") {
  RunnerScenario scenario("fox, dog, cat");
  scenario.studio().billed = true;
  scenario.studio().async = true;
  scenario.models[0].concurrency = 3;
  scenario.studio().behaviour = {{"fox", "endless"}, {"dog", "endless"}, {"cat", "endless"}};
  scenario.interrupt = [&] {
    return scenario.studio().begun > 0 ? InterruptLevel::stop : InterruptLevel::none;
  };
  scenario.run();
  CHECK(scenario.ledger.settle_started() == 0);
  CHECK_THAT(scenario.ends(), !ContainsSubstring("maybe_billed"));
}

TEST_CASE("an interrupt after the last picture changes nothing") {
  RunnerScenario scenario("fox");
  scenario.run();
  scenario.interrupt = [] { return InterruptLevel::drain; };
  CHECK(scenario.run().exit_code() == ExitCode::ok);
}

TEST_CASE("the first interrupt leaves the requests of a model that parks") {
  RunnerScenario scenario("fox, dog, cat, owl");
  Studio &studio = scenario.studio();
  studio.async = studio.parks = studio.billed = true;
  studio.max_concurrency = 0;
  studio.wanted_concurrency = 3;
  scenario.models[0].concurrency = 0;
  studio.behaviour = {{"fox", "parked"}, {"dog", "parked"}, {"cat", "parked"}};
  scenario.interrupt = [&] {
    return studio.parked == 3 ? InterruptLevel::drain : InterruptLevel::none;
  };
  const Summary summary = scenario.run();
  CHECK(summary.exit_code() == ExitCode::interrupted);
  CHECK(summary.parked == 3);
  CHECK(scenario.ends() == "");
  CHECK(scenario.ledger.started_samples().empty());

  studio.behaviour = {};
  scenario.interrupt = [] { return InterruptLevel::none; };
  CHECK(scenario.run_and_print() == "fox.0 ok, dog.0 ok, cat.0 ok, owl.0 ok");
  CHECK(studio.checkpoints["dog"] == "queue of dog");
  CHECK(studio.checkpoints["owl"] == "");
  CHECK(scenario.ledger.checkpoint(1, 0) == "");
}
