#include "base/error.hpp"
#include "runner_scenario.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

// Runs whose pictures cost 1, likely 2, at most 4 dollars, with that many dollars to spend.
class BudgetScenario : public RunnerScenario {
 public:
  BudgetScenario(const std::string &rows, double limit) : RunnerScenario(rows), limit(limit) {
    const TempDir folder;
    tables_ = std::make_shared<PriceTables>(PriceTables{read_prices(folder.write(
        "prices.yaml",
        "entries: [{plugin: fake, model: '*', image: {low: 1, likely: 2, high: 4}}]\n"))});
    bill(0);
    billing = [this] {
      return std::make_shared<Billing>(tables_, BudgetConfig{micros_of(this->limit), false},
                                       ledger.spent_micros());
    };
  }

  void bill(std::size_t model) {
    models[model].plugin = "fake";
    studio(model).billed = true;
  }
  std::int64_t spent() const { return ledger.spent_micros() / micros_of(1); }

  double limit;

 private:
  std::shared_ptr<const PriceTables> tables_;
};

}  // namespace

TEST_CASE("a run ends when its next picture may cost more than is left") {
  BudgetScenario scenario("a, b, c, d, e, f", 10);
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "a.0 ok, b.0 ok, c.0 ok, d.0 ok");
  CHECK(scenario.spent() == 8);
  CHECK(summary.exit_code() == ExitCode::budget);
  CHECK(summary.counts.open == 2);
  REQUIRE(summary.budget);
  CHECK(summary.budget->reached);
  CHECK(summary.budget->spent == micros_of(8));
}

TEST_CASE("a run with enough money tells what it spent") {
  BudgetScenario scenario("a, b", 6);
  const Summary summary = scenario.run();
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK_FALSE(summary.budget->reached);
  CHECK(summary.budget->spent == micros_of(4));
  CHECK(scenario.ledger.end({0, 0, 0})->cost_micros == micros_of(2));
  CHECK(scenario.ledger.end({0, 0, 0})->metadata["cost_is_estimate"] == true);
}

TEST_CASE("the same command goes on with a higher limit, and counts what was spent") {
  BudgetScenario scenario("a, b, c, d", 5);
  CHECK(scenario.run_and_print() == "a.0 ok");
  CHECK(scenario.run_and_print() == "a.0 ok");
  scenario.limit = 9;
  CHECK(scenario.run_and_print() == "a.0 ok, b.0 ok, c.0 ok");
  CHECK(scenario.spent() == 6);
}

TEST_CASE("requests in flight together never overshoot") {
  BudgetScenario scenario("a, b, c, d, e, f", 10);
  scenario.studio().async = true;
  scenario.studio().max_concurrency = 6;
  scenario.models[0].concurrency = 6;
  scenario.studio().behaviour = {{"a", "maybe_billed"}, {"b", "maybe_billed"}};
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "a.0 maybe_billed, b.0 maybe_billed");
  CHECK(scenario.studio().begun == 2);
  CHECK(scenario.spent() == 8);
  CHECK(summary.exit_code() == ExitCode::budget);
}

TEST_CASE("a request that waits leaves when one that is out came cheaper") {
  BudgetScenario scenario("a, b, c", 9);
  scenario.studio().async = true;
  scenario.studio().max_concurrency = 3;
  scenario.models[0].concurrency = 3;
  scenario.studio().behaviour = {{"a", "refused"}, {"b", "refused"}};
  CHECK(scenario.run_and_print() == "a.0 refused, b.0 refused, c.0 ok");
  CHECK(scenario.spent() == 2);
}

TEST_CASE("of a row's pictures those are drawn that fit") {
  BudgetScenario scenario("a x5", 9);
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "a.0 ok, a.1 ok, a.2 ok");
  CHECK(scenario.spent() == 6);
  CHECK(summary.counts.open == 2);
}

TEST_CASE("rows of one call that do not fit go back") {
  BudgetScenario scenario("a, b, c, d", 9);
  scenario.studio().max_batch = 4;
  CHECK(scenario.run().exit_code() == ExitCode::budget);
  CHECK(scenario.ends() == "a.0 ok, b.0 ok, c.0 ok");
  CHECK(scenario.studio().batches == std::vector<std::size_t>{2, 1});
}

TEST_CASE("attempts that fail and were not billed cost nothing") {
  BudgetScenario scenario("a, b", 100);
  scenario.studio().behaviour = {{"a", "transient"}};
  scenario.run();
  CHECK(scenario.spent() == 2);
  CHECK_FALSE(scenario.ledger.end({0, 0, 0})->cost_micros);
}

TEST_CASE("models that cost nothing go on when the budget is used up") {
  BudgetScenario scenario("a, b, c", 5);
  scenario.add_model("free");
  const Summary summary = scenario.run();
  CHECK(scenario.ends() == "a.0@painter ok, a.0@free ok, b.0@free ok, c.0@free ok");
  CHECK(summary.exit_code() == ExitCode::budget);
}

TEST_CASE("a model that bills and has no price does not start under a budget") {
  BudgetScenario scenario("a", 5);
  scenario.models[0].plugin = "other";
  CHECK_THROWS_WITH(scenario.run(), ContainsSubstring("no price per picture of painter"));
  CHECK(scenario.studio().loads == 0);
}

TEST_CASE("a request that left before a kill is counted at the most that it may cost") {
  BudgetScenario scenario("a, b", 100);
  scenario.studio().behaviour = {{"a", "hold"}};
  scenario.store.full_at = "a";
  scenario.studio().gate.open();
  CHECK_THROWS(scenario.run());
  CHECK(scenario.ledger.settle_started() >= 1);
  CHECK(scenario.spent() >= 4);
}
