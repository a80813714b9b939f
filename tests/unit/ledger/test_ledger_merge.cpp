#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/lock.hpp"
#include "ledger/merge.hpp"
#include "sample_ends.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <array>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

// Two shards' ledgers, a and b, and what is made of them.
class MergeScenario {
 public:
  MergeScenario() {
    for (const char *name : {"a", "b", "merged"}) fs::create_directories(dir / name);
  }
  Ledger open(const char *name) const {
    return Ledger::open_in(dir / name, nullptr, JournalMode::wal);
  }
  Ledger merged() const {
    merge_ledgers(dir / "merged", std::array{dir / "a", dir / "b"}, {{"seed", 42}});
    return open("merged");
  }
  const TempDir dir;
};

}  // namespace

TEST_CASE("a merged ledger knows all that the shards knew") {
  const MergeScenario scenario;
  {
    Ledger a = scenario.open("a");
    a.model_number("painter");
    a.add_rows(std::array{RowNumber{{1, 1}, 0}, RowNumber{{3, 3}, 2}});
    a.ended(std::array{made(0, 0, 0), failed(2, Outcome::refused)});
    a.set_checkpoints(std::vector<Checkpoint>{{{2, 0}, "state"}});
    Ledger b = scenario.open("b");
    b.model_number("painter");
    b.model_number("late");
    b.add_rows(std::array{RowNumber{{2, 2}, 1}});
    b.ended(std::array{made(1, 0, 0)});
    b.started(std::array{StartedSample{{1, 1, 0}, 7}});
  }
  Ledger merged = scenario.merged();
  CHECK(outcomes(merged) == "0.0.0 ok, 1.0.0 ok, 2.0.0 refused");
  CHECK(merged.models() == std::vector<std::string>{"painter", "late"});
  CHECK(merged.rows().size() == 3);
  CHECK(merged.rows()[1].key == Hash128{2, 2});
  CHECK(merged.spent_micros() == 80'000);
  CHECK(merged.checkpoint(2, 0) == "state");
  CHECK(merged.job() == Json{{"seed", 42}});
  CHECK(merged.end({0, 0, 0})->sha256 == made(0, 0, 0).sha256);
  CHECK(merged.version() > merged.derived_version());
  CHECK(merged.settle_started() == 1);
  CHECK(merged.spent_micros() == 80'007);
}

TEST_CASE("a sample that two shards know is no merge") {
  const MergeScenario scenario;
  for (const char *name : {"a", "b"}) scenario.open(name).ended(std::array{made(0, 0, 0)});
  CHECK_THROWS_AS(scenario.merged(), Error);
}

TEST_CASE("models must have the same numbers, since files are named by them") {
  const MergeScenario scenario;
  scenario.open("a").model_number("painter");
  scenario.open("b").model_number("sketcher");
  CHECK_THROWS_WITH(scenario.merged(), ContainsSubstring("the model sketcher another number"));
}

TEST_CASE("shards' ledgers stay as they are") {
  const MergeScenario scenario;
  scenario.open("a").ended(std::array{made(0, 0, 0)});
  scenario.open("b").ended(std::array{made(1, 0, 0)});
  scenario.merged();
  CHECK(outcomes(scenario.open("a")) == "0.0.0 ok");
  CHECK(outcomes(scenario.open("b")) == "1.0.0 ok");
}
