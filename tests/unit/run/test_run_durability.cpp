#include "runner_scenario.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

// Checks at each report that the ledger has what is reported.
class WatchingStatus : public Status {
 public:
  explicit WatchingStatus(const Ledger &ledger) : ledger_(ledger) {}
  void sample(const SampleEnd &end, const std::string &) override {
    recorded_first = recorded_first && ledger_.end(end.key).has_value();
    ++samples;
  }
  bool recorded_first = true;
  int samples = 0;

 private:
  const Ledger &ledger_;
};

}  // namespace

TEST_CASE("file, folder, ledger, plan: in that order") {
  RunnerScenario scenario("a, b, c, d x3");
  std::atomic<int> stored = 0;
  int flushed = 0;
  bool files_first = true, ledger_after = true;
  scenario.store.on_store = [&](const DrawnPicture &) { ++stored; };
  scenario.store.on_flush = [&](std::span<const SampleEnd> ends) {
    flushed += static_cast<int>(ends.size());
    files_first = files_first && flushed <= stored;
    for (const SampleEnd &end : ends) {
      ledger_after = ledger_after && !scenario.ledger.end(end.key);
    }
  };
  WatchingStatus status(scenario.ledger);
  scenario.status = &status;
  scenario.run();
  CHECK(files_first);
  CHECK(ledger_after);
  CHECK(status.recorded_first);
  CHECK(status.samples == 6);
  CHECK(flushed == 6);
}

TEST_CASE("ends that come while the disk is busy are recorded together") {
  RunnerScenario scenario("dog x20");
  Gate all_stored;
  std::atomic<int> stored = 0;
  int flushes = 0;
  scenario.store.on_store = [&](const DrawnPicture &) {
    if (++stored == 20) all_stored.open();
  };
  scenario.store.on_flush = [&](std::span<const SampleEnd>) {
    if (flushes++ == 0) all_stored.wait();
  };
  CHECK(scenario.run().made == 20);
  // The last picture may be stored, but not yet in the inbox, when the first flush ends.
  CHECK(flushes <= 1 + 8 + 1);
}

TEST_CASE("a disk that refuses ends the run by name and keeps what was recorded") {
  RunnerScenario scenario("fox, dog, cat, owl, elk, bee, ant, cow, hen, pig");
  scenario.store.full_at = "cat";
  scenario.studio().behaviour = {{"owl", "endless"}};
  CHECK_THROWS_WITH(scenario.run(), "cannot write out/train/000001_0.png: No space left on device");
  CHECK_THAT(scenario.ends(), ContainsSubstring("fox.0 ok, dog.0 ok"));
  CHECK_THAT(scenario.ends(), !ContainsSubstring("cat"));
  CHECK(scenario.studio().begun <= 5);

  scenario.store.full_at.clear();
  scenario.studio().behaviour.clear();
  CHECK(scenario.run().exit_code() == ExitCode::ok);
  CHECK(scenario.studio().loads == 2);
}

TEST_CASE("a disk that refuses does not wait for a model that never ends") {
  RunnerScenario scenario("dog, cat");
  scenario.studio().async = true;
  scenario.studio().max_concurrency = 0;
  scenario.models[0].concurrency = 2;
  scenario.studio().behaviour = {{"dog", "endless"}};
  scenario.store.full_at = "cat";
  CHECK_THROWS_AS(scenario.run(), Error);
  CHECK(scenario.ends() == "dog.0 cancelled");
}

TEST_CASE("a folder that cannot be flushed ends the run before the ledger believes it") {
  RunnerScenario scenario("fox, dog");
  scenario.store.on_flush = [](std::span<const SampleEnd>) {
    throw Error("cannot flush out/train: Input/output error");
  };
  CHECK_THROWS_WITH(scenario.run(), "cannot flush out/train: Input/output error");
  CHECK(scenario.ends() == "");
}

TEST_CASE("a run that is torn down leaves no thread waiting") {
  RunnerScenario scenario("fox, dog, cat");
  scenario.models[0].concurrency = 3;
  scenario.studio().max_concurrency = 0;
  scenario.studio().behaviour = {{"dog", "endless"}, {"cat", "checkpoint"}};
  scenario.store.on_flush = [](std::span<const SampleEnd>) { throw Error("no disk"); };
  CHECK_THROWS_WITH(scenario.run(), "no disk");
}

TEST_CASE("a fault of our own on a model's thread ends the run, not the process") {
  RunnerScenario scenario("fox, dog");
  scenario.studio().behaviour = {{"dog", "broken"}};
  CHECK_THROWS_WITH(scenario.run(), "the painter fell over");
}

TEST_CASE("a billed request is on record before it leaves") {
  RunnerScenario scenario("dog");
  scenario.studio().billed = true;
  scenario.studio().behaviour = {{"dog", "broken"}};
  CHECK_THROWS(scenario.run());
  CHECK(scenario.ledger.settle_started() == 1);
  CHECK(scenario.ends() == "dog.0 maybe_billed");
}

TEST_CASE("a billed request that ended is settled") {
  RunnerScenario scenario("fox, dog, cat");
  scenario.studio().billed = true;
  scenario.studio().behaviour = {{"dog", "refused"}};
  scenario.run();
  CHECK(scenario.ledger.settle_started() == 0);
  CHECK(scenario.ends() == "fox.0 ok, dog.0 refused, cat.0 ok");
}

TEST_CASE("a checkpoint is on disk before the plugin goes on, and given back in a later life") {
  RunnerScenario scenario("fox");
  scenario.studio().behaviour = {{"fox", "lost"}};
  CHECK(scenario.run_and_print() == "fox.0 transient");
  CHECK(scenario.ledger.checkpoint(0, 0) == "queue of fox");

  scenario.studio().behaviour = {};
  CHECK(scenario.run_and_print() == "fox.0 ok");
  CHECK(scenario.studio().checkpoints["fox"] == "queue of fox");
  CHECK(scenario.ledger.checkpoint(0, 0) == "");
}

TEST_CASE("a checkpoint goes with the end of its request") {
  RunnerScenario scenario("fox x2");
  scenario.studio().behaviour = {{"fox", "checkpoint"}};
  CHECK(scenario.run_and_print() == "fox.0 ok, fox.1 ok");
  CHECK(scenario.ledger.checkpoint(0, 0) == "");
}

TEST_CASE("what may be paid for is not asked for again, though its row has a checkpoint") {
  RunnerScenario scenario("fox");
  scenario.models[0].retry.attempts = 3;
  scenario.studio().billed = true;
  scenario.studio().behaviour = {{"fox", "paid"}};
  CHECK(scenario.run_and_print() == "fox.0 maybe_billed");
  CHECK(scenario.studio().begun == 1);
  CHECK(scenario.ledger.checkpoint(0, 0) == "");
}

TEST_CASE("a checkpoint goes in the moment in which the last end is recorded") {
  RunnerScenario scenario("fox x2");
  scenario.studio().behaviour = {{"fox", "checkpoint"}};
  scenario.run();
  const std::vector<SampleEnd> ends = {*scenario.ledger.end({0, 0, 0})};
  scenario.ledger.set_checkpoints(std::vector<Checkpoint>{{{0, 0}, "stale"}, {{1, 0}, "other"}});
  scenario.ledger.ended(ends, std::vector<RequestKey>{{0, 0}});
  CHECK(scenario.ledger.checkpoint(0, 0) == "");
  CHECK(scenario.ledger.checkpoint(1, 0) == "other");
}
