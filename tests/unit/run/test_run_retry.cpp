#include "dataset_scenario.hpp"
#include "run/repair.hpp"
#include "run/run_note.hpp"
#include "support/catch.hpp"

#include <array>
#include <fstream>

using namespace pictor::host;
using namespace pictor::test;

namespace {

constexpr const char *three_rows =
    "{\"prompt\": \"fox\", \"id\": \"f\"}\n{\"prompt\": \"dog\", \"id\": \"d\"}\n"
    "{\"prompt\": \"cat\", \"id\": \"c\"}\n";

// "0 ok x1, 1 refused x2": row, outcome and attempts of all that is recorded.
std::string recorded(const DatasetScenario &scenario) {
  std::string text;
  Ledger::open_read_only(scenario.out()).for_each_end([&](const SampleEnd &end) {
    text += (text.empty() ? "" : ", ") + std::to_string(end.key.row) + " " +
            std::string(name_of(end.outcome)) + " x" + std::to_string(end.attempts);
  });
  return text;
}

RunOptions again(std::set<Outcome> outcomes) {
  RunOptions options;
  options.retry = RetryWish{std::move(outcomes), {}, {}, {}};
  return options;
}

Repair verify_and_repair(const DatasetScenario &scenario, bool redraw_billed) {
  Ledger ledger = Ledger::open(scenario.out());
  Findings findings;
  VerifyOptions options;
  options.owner = true;
  const Verification found = verify_dataset(scenario.out(), ledger, options, findings);
  return repair_dataset(scenario.out(), ledger, found, findings, redraw_billed);
}

}  // namespace

TEST_CASE("a retry draws what it names, and only that") {
  DatasetScenario scenario(three_rows);
  scenario.studio.behaviour = {{"fox", "refused"}, {"dog", "invalid"}};
  scenario.run();
  CHECK(recorded(scenario) == "0 refused x1, 1 invalid x1, 2 ok x1");
  scenario.studio.behaviour.clear();
  CHECK(scenario.run().made == 0);
  CHECK(scenario.run(again({Outcome::refused})).made == 1);
  CHECK(recorded(scenario) == "0 ok x2, 1 invalid x1, 2 ok x1");
}

TEST_CASE("a retry leaves open what it does not name, and the run draws it") {
  DatasetScenario scenario(three_rows);
  scenario.studio.behaviour = {{"fox", "refused"}};
  RunOptions first;
  first.limit = 1;
  scenario.run(first);
  scenario.studio.behaviour.clear();
  CHECK(scenario.run(again({Outcome::refused})).made == 1);
  CHECK(recorded(scenario) == "0 ok x2");
  CHECK(scenario.run().made == 2);
}

TEST_CASE("what ended in a way that is drawn again anyway can be named too") {
  DatasetScenario scenario(three_rows);
  scenario.studio.behaviour = {{"fox", "oom"}, {"dog", "refused"}};
  scenario.run();
  scenario.studio.behaviour.clear();
  CHECK(scenario.run(again({Outcome::oom})).made == 1);
  CHECK(recorded(scenario) == "0 ok x2, 1 refused x1, 2 ok x1");
}

TEST_CASE("a retry is narrowed by row, by model and by number") {
  DatasetScenario scenario(three_rows);
  scenario.studio.behaviour = {{"fox", "refused"}, {"dog", "refused"}, {"cat", "refused"}};
  scenario.run();
  scenario.studio.behaviour.clear();
  RunOptions options = again({Outcome::refused});
  options.retry->row_ids = {"dog"};
  CHECK_THROWS_WITH(scenario.run(options), ContainsSubstring("'dog'"));
  CHECK(recorded(scenario) == "0 refused x1, 1 refused x1, 2 refused x1");
  options.retry->row_ids = {"d"};
  CHECK(scenario.run(options).made == 1);
  options.retry->row_ids.clear();
  options.retry->limit = 1;
  CHECK(scenario.run(options).made == 1);
  CHECK(recorded(scenario) == "0 ok x2, 1 ok x2, 2 refused x1");
  options.retry->models = {"paintre"};
  CHECK_THROWS_WITH(scenario.run(options), ContainsSubstring("did you mean 'painter'"));
}

TEST_CASE("drawing again what may have been paid is said before") {
  DatasetScenario scenario(three_rows);
  scenario.run();
  {
    Ledger ledger = Ledger::open(scenario.out());
    SampleEnd lost;
    lost.key = {1, 0, 0};
    lost.outcome = Outcome::maybe_billed;
    ledger.ended(std::array{lost});
  }
  scenario.status.warnings.clear();
  CHECK(scenario.run(again({Outcome::maybe_billed})).made == 1);
  REQUIRE(scenario.status.warnings.size() == 1);
  CHECK_THAT(scenario.status.warnings[0], ContainsSubstring("paid for again"));
}

TEST_CASE("broken pictures of a model that bills are drawn again only when that is asked for") {
  DatasetScenario scenario(three_rows);
  scenario.model.billed = true;
  scenario.run();
  std::filesystem::remove(scenario.out() / "train/000001_0.png");
  const Repair kept = verify_and_repair(scenario, false);
  CHECK(kept.reopened == 0);
  CHECK(kept.paid.at("painter").pictures == 1);
  CHECK(recorded(scenario) == "0 ok x1, 1 ok x1, 2 ok x1");
  CHECK(verify_and_repair(scenario, true).reopened == 1);
  CHECK(recorded(scenario) == "0 ok x1, 1 cancelled x1, 2 ok x1");
  CHECK(scenario.run().made == 1);
  CHECK(recorded(scenario) == "0 ok x1, 1 ok x2, 2 ok x1");
}

TEST_CASE("requests without an answer are found, and settled by a repair") {
  DatasetScenario scenario(three_rows);
  scenario.run();
  {
    Ledger ledger = Ledger::open(scenario.out());
    ledger.started(std::array{StartedSample{{9, 0, 0}, {}}});
    Findings findings;
    VerifyOptions options;
    options.owner = true;
    verify_dataset(scenario.out(), ledger, options, findings);
    CHECK(findings.count(FindingKind::unanswered) == 1);
    CHECK(findings.total() == 1);
  }
  CHECK(verify_and_repair(scenario, false).settled == 1);
}

TEST_CASE("beside a run, what the run changes is not judged, and the run is named") {
  DatasetScenario scenario(three_rows);
  scenario.run();
  std::ofstream(scenario.out() / "train/000007_0.png") << "being recorded";
  const Ledger at_work = Ledger::open(scenario.out());
  Findings findings;
  const Verification found =
      verify_dataset(scenario.out(), Ledger::open_read_only(scenario.out()), {}, findings);
  CHECK(findings.total() == 0);
  CHECK(found.pictures == 3);
  CHECK_THAT(found.holder, ContainsSubstring("process"));
}

TEST_CASE("a ledger remembers its latest run, and one that finds all done changes nothing of it") {
  DatasetScenario scenario(three_rows);
  scenario.run();
  const RunNote first = read_run_note(Ledger::open_read_only(scenario.out())).value();
  CHECK(first.wanted == 3);
  CHECK(first.left == 0);
  CHECK(first.made == 3);
  CHECK(first.ended_at_ms >= first.begun_at_ms);
  scenario.run();
  CHECK(read_run_note(Ledger::open_read_only(scenario.out()))->made == 3);

  scenario.write_prompts("{\"prompt\": \"fox\", \"id\": \"f\"}\n");
  scenario.status.warnings.clear();
  scenario.run();
  REQUIRE(scenario.status.warnings.size() == 1);
  CHECK(scenario.status.warnings[0] ==
        "2 rows are not in the prompt file any more: their pictures stay, such as row 1 (d)");
  const RunNote last = read_run_note(Ledger::open_read_only(scenario.out())).value();
  CHECK(last.removed.count == 2);
  CHECK(last.wanted == 1);
}
