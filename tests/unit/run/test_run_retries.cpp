#include "runner_scenario.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// "fox at 0 s": when each request reached the model, in seconds of the fake clock.
std::string asked(const RunnerScenario &scenario, std::size_t model = 0) {
  const Studio &studio = *scenario.studios()[model];
  std::string text;
  for (const auto &[prompt, time] : studio.asked) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} at {:.6g} s", prompt, std::chrono::duration<double>(time).count());
  }
  return text;
}

// Answers all requests for a prompt in turn: "transient transient ok".
void script(RunnerScenario &scenario, const std::string &prompt, const std::string &answers,
            std::size_t model = 0) {
  std::istringstream words(answers);
  for (std::string word; words >> word;) {
    scenario.studio(model).answers[prompt].push_back(word);
  }
}

std::uint32_t attempts(const RunnerScenario &scenario, std::uint32_t row) {
  return scenario.ledger.end({row, 0, 0})->attempts;
}

// Says on its lines when a model waits, goes on or stops.
struct ModelLines : Status {
  std::string text;
  void model(const ModelReport &report) override {
    if (report.state == ModelState::waiting) text += "waits: " + report.text + "\n";
    if (report.state == ModelState::stopped) text += "stopped: " + report.text + "\n";
    if (report.text == "goes on") text += "goes on\n";
  }
};

}  // namespace

TEST_CASE("a sample that failed is asked for again after a wait that doubles") {
  RunnerScenario scenario("fox, dog");
  script(scenario, "fox", "transient rate_limited oom ok");
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "fox.0 ok, dog.0 ok");
  CHECK(attempts(scenario, 0) == 4);
  CHECK(attempts(scenario, 1) == 1);
  CHECK(summary.counts.ended() == 2);
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK(asked(scenario) == "fox at 0 s, dog at 0 s, fox at 0.5 s, fox at 1.5 s, fox at 3.5 s");
}

TEST_CASE("after the last attempt the failure is recorded, with all of them") {
  RunnerScenario scenario("fox");
  scenario.studio().behaviour = {{"fox", "transient"}};
  scenario.models[0].retry.attempts = 3;
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "fox.0 transient");
  CHECK(attempts(scenario, 0) == 3);
  REQUIRE(summary.errors.size() == 1);
  CHECK(summary.errors[0].count == 1);
}

TEST_CASE("pictures of a row that failed together are asked for again together") {
  RunnerScenario scenario("fox x3");
  script(scenario, "fox", "half ok");
  CHECK(scenario.run_and_print() == "fox.0 ok, fox.1 ok, fox.2 ok");
  CHECK(asked(scenario) == "fox at 0 s, fox at 0.5 s");
  CHECK(scenario.studio().handed_over == 3);
}

TEST_CASE("a Retry-After holds back the whole account") {
  RunnerScenario scenario("fox, dog, cat");
  scenario.studio().async = true;
  scenario.studio().retry_after_ms = 60'000;
  script(scenario, "fox", "rate_limited ok");
  ModelLines lines;
  scenario.status = &lines;
  CHECK(scenario.run_and_print() == "fox.0 ok, dog.0 ok, cat.0 ok");
  CHECK(asked(scenario) == "fox at 0 s, fox at 60 s, dog at 60 s, cat at 60 s");
  CHECK(lines.text == "waits: rate limited by the provider for 60 s\ngoes on\n");
}

TEST_CASE("requests are paced as the job says") {
  RunnerScenario scenario("fox, dog, cat");
  scenario.models[0].limits.requests_per_minute = 30;
  scenario.run();
  CHECK(asked(scenario) == "fox at 0 s, dog at 2 s, cat at 4 s");
}

TEST_CASE("models on one account are paced together") {
  RunnerScenario scenario("fox, dog");
  scenario.add_model("other");
  for (RunModel &model : scenario.models) {
    model.pool = "the account";
    model.limits.requests_per_minute = 30;
  }
  scenario.run();
  std::vector<std::chrono::nanoseconds> times;
  for (const auto &studio : scenario.studios()) {
    for (const auto &[prompt, time] : studio->asked) times.push_back(time);
  }
  std::sort(times.begin(), times.end());
  REQUIRE(times.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(times[i] - times[i - 1] >= std::chrono::milliseconds(1999));
  }
}

TEST_CASE("a deadline travels with the request and ends the attempts") {
  RunnerScenario scenario("fox");
  scenario.studio().behaviour = {{"fox", "transient"}};
  scenario.models[0].retry.attempts = 100;
  scenario.models[0].retry.deadline = 10;
  CHECK(scenario.run_and_print() == "fox.0 transient");
  CHECK(asked(scenario) == "fox at 0 s, fox at 0.5 s, fox at 1.5 s, fox at 3.5 s, fox at 7.5 s");
  CHECK(scenario.studio().timeouts ==
        std::vector<std::int64_t>{10'000, 9'500, 8'500, 6'500, 2'500});
}

TEST_CASE("a sample that the account held back beyond its deadline is not sent any more") {
  RunnerScenario scenario("fox, dog");
  scenario.models[0].retry.deadline = 10;
  scenario.studio().retry_after_ms = 60'000;
  script(scenario, "fox", "transient ok");
  script(scenario, "dog", "rate_limited ok");
  CHECK(scenario.run_and_print() == "fox.0 transient, dog.0 rate_limited");
  CHECK(attempts(scenario, 0) == 1);
  CHECK(scenario.ledger.end({0, 0, 0})->failure->message ==
        "it is transient (its deadline passed before it could be asked for again)");
}

TEST_CASE("what may be paid for is drawn again only on the user's word") {
  for (const bool redraw : {false, true}) {
    RunnerScenario scenario("fox");
    scenario.models[0].retry.redraw_maybe_billed = redraw;
    script(scenario, "fox", "maybe_billed ok");
    CHECK(scenario.run_and_print() == (redraw ? "fox.0 ok" : "fox.0 maybe_billed"));
  }
}

TEST_CASE("a job may stop a model at an outcome") {
  RunnerScenario scenario("fox, dog, cat, owl, elk");
  scenario.models[0].retry.on(Outcome::refused).action = RetryAction::stop;
  scenario.studio().behaviour = {{"fox", "refused"}};
  scenario.studio().billed = true;  // nothing is in the model ahead
  const Summary summary = scenario.run();
  CHECK_THAT(scenario.ends(), ContainsSubstring("fox.0 refused"));
  REQUIRE(summary.stopped.size() == 1);
  CHECK(summary.stopped[0].failure.message == "refused stops it: it is refused");
  CHECK(summary.counts.open >= 3);
}

TEST_CASE("a wrong key stops every model on the same account") {
  RunnerScenario scenario("fox, dog, cat, owl");
  scenario.add_model("other");
  scenario.add_model("elsewhere");
  scenario.models[0].pool = scenario.models[1].pool = "the account";
  scenario.models[2].pool = "another";
  for (const char *prompt : {"fox", "dog", "cat", "owl"}) {
    scenario.studio(0).behaviour[prompt] = "locked out";
    scenario.studio(1).behaviour[prompt] = "locked out";
  }
  const Summary summary = scenario.run();
  CHECK(summary.stopped.size() == 2);
  CHECK(scenario.studio(2).begun == 4);
  CHECK(summary.exit_code() == ExitCode::authentication);
}

TEST_CASE("an endpoint that answers nobody stops its model, and not row by row") {
  std::string rows;
  for (int row = 0; row < 100; ++row) rows += fmt::format("{}p{}", row == 0 ? "" : ", ", row);
  RunnerScenario scenario(rows);
  for (int row = 0; row < 100; ++row) {
    scenario.studio().behaviour[fmt::format("p{}", row)] = "transient";
  }
  ModelLines lines;
  scenario.status = &lines;
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "");
  CHECK(summary.counts.open == 100);
  CHECK(summary.exit_code() == ExitCode::some_failed);
  CHECK(scenario.studio().begun < 24);
  CHECK_THAT(lines.text,
             ContainsSubstring("requests in a row failed; trying one at a time: it is"));
  CHECK_THAT(lines.text, ContainsSubstring("stopped: "));
  CHECK_THAT(lines.text, ContainsSubstring("the last 6 one by one: it is transient"));
}

TEST_CASE("an endpoint that comes back is used again, and its outage costs no sample an attempt") {
  RunnerScenario scenario("a, b, c, d, e, f, g, h, i, j");
  scenario.models[0].retry.attempts = 2;
  for (const char *prompt : {"b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    script(scenario, prompt, "transient ok");
  }
  // The first probe: it fails once more, and once more when all is well again.
  scenario.studio().answers["a"] = {"transient", "transient", "transient", "ok"};
  const Summary summary = scenario.run();
  CHECK(summary.made == 10);
  CHECK(summary.exit_code() == ExitCode::ok);
}

TEST_CASE("a drain does not wait for what is to be asked again") {
  RunnerScenario scenario("fox");
  scenario.studio().behaviour = {{"fox", "rate_limited"}};
  scenario.studio().retry_after_ms = 3'600'000;
  scenario.interrupt = [&] {
    return scenario.clock->now() > Time{} + std::chrono::seconds(5) ? InterruptLevel::drain
                                                                    : InterruptLevel::none;
  };
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "");
  CHECK(summary.counts.open == 1);
  CHECK(summary.exit_code() == ExitCode::interrupted);
  CHECK(scenario.clock->now() < Time{} + std::chrono::seconds(6));
}

TEST_CASE("a billed sample that waits to be sent again counts as not sent") {
  RunnerScenario scenario("fox");
  scenario.studio().billed = true;
  scenario.studio().behaviour = {{"fox", "transient"}};
  scenario.interrupt = [&] {
    return scenario.studio().begun > 2 ? InterruptLevel::drain : InterruptLevel::none;
  };
  scenario.run();
  CHECK(scenario.ledger.settle_started() == 0);
}

TEST_CASE("what failed attempts cost is counted once") {
  RunnerScenario scenario("fox");
  scenario.studio().billed = true;
  scenario.store.cost_micros = 1000;
  script(scenario, "fox", "transient transient ok");
  CHECK(scenario.run_and_print() == "fox.0 ok");
  CHECK(scenario.ledger.end({0, 0, 0})->cost_micros == 3000);
  CHECK(scenario.ledger.spent_micros() == 3000);
}

TEST_CASE("another model draws what one refuses, under the identity that was wanted") {
  RunnerScenario scenario("fox, dog x2");
  scenario.add_stand_in("spare");
  scenario.models[0].retry.on(Outcome::refused) = {RetryAction::fallback, "spare"};
  scenario.studio(0).behaviour = {{"dog", "refused"}};
  const Summary summary = scenario.run();
  CHECK(scenario.ledger.models() == std::vector<std::string>{"painter"});
  CHECK(scenario.ends() == "fox.0@painter ok, dog.0@painter ok, dog.1@painter ok");
  CHECK(asked(scenario, 1) == "dog at 0 s");
  CHECK(scenario.ledger.end({1, 0, 1})->attempts == 2);
  CHECK(summary.exit_code() == ExitCode::ok);
}

TEST_CASE("a model that nobody falls back to is not loaded") {
  RunnerScenario scenario("fox");
  scenario.add_stand_in("spare");
  scenario.models[0].retry.on(Outcome::refused) = {RetryAction::fallback, "spare"};
  scenario.run();
  CHECK(scenario.studio(1).loads == 0);
}

TEST_CASE("a fallback that fails too names both") {
  RunnerScenario scenario("fox");
  scenario.add_stand_in("spare");
  scenario.models[0].retry.on(Outcome::refused) = {RetryAction::fallback, "spare"};
  scenario.studio(0).behaviour = {{"fox", "refused"}};
  scenario.studio(1).behaviour = {{"fox", "filtered"}};
  CHECK(scenario.run_and_print() == "fox.0@painter filtered");
  CHECK(scenario.ledger.end({0, 0, 0})->failure->message ==
        "spare, in place of painter (refused: it is refused): it is filtered");
}

TEST_CASE("a fallback has attempts of its own, after those of the model that was wanted") {
  RunnerScenario scenario("fox");
  scenario.add_stand_in("spare");
  scenario.models[0].retry.attempts = 2;
  scenario.models[0].retry.on(Outcome::transient) = {RetryAction::fallback, "spare"};
  scenario.studio(0).behaviour = {{"fox", "transient"}};
  script(scenario, "fox", "transient transient ok", 1);
  CHECK(scenario.run_and_print() == "fox.0@painter ok");
  CHECK(asked(scenario, 0) == "fox at 0 s, fox at 0.5 s");
  CHECK(asked(scenario, 1) == "fox at 0.5 s, fox at 1 s, fox at 2 s");
  CHECK(attempts(scenario, 0) == 5);
}

TEST_CASE("a fallback that cannot be loaded leaves its samples open") {
  RunnerScenario scenario("fox, dog");
  scenario.add_stand_in("spare");
  scenario.models[0].retry.on(Outcome::refused) = {RetryAction::fallback, "spare"};
  scenario.studio(0).behaviour = {{"fox", "refused"}};
  scenario.studio(1).load_fails = true;
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "dog.0@painter ok");
  CHECK(summary.counts.open == 1);
  REQUIRE(summary.stopped.size() == 1);
  CHECK(summary.stopped[0].name == "spare");
}
