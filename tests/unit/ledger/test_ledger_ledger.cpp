#include "ledger/ledger.hpp"
#include "sample_ends.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sqlite3.h>

#include <array>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// The first column of the first row, as a user of the sqlite3 shell would read it.
std::string ask(const std::filesystem::path &output_dir, const std::string &sql) {
  sqlite3 *database = nullptr;
  REQUIRE(sqlite3_open(ledger_file(output_dir).c_str(), &database) == SQLITE_OK);
  std::string answer;
  const auto keep = [](void *out, int, char **values, char **) {
    if (values[0] != nullptr) *static_cast<std::string *>(out) = values[0];
    return 1;
  };
  sqlite3_exec(database, sql.c_str(), keep, &answer, nullptr);
  sqlite3_close(database);
  return answer;
}

}  // namespace

TEST_CASE("a new ledger is empty") {
  const TempDir dir;
  const Ledger ledger = Ledger::open(dir / "out");
  CHECK(ledger.job() == Json::object());
  CHECK(ledger.rows().empty());
  CHECK(ledger.models().empty());
  CHECK(outcomes(ledger) == "");
  CHECK(ledger.version() == 0);
  CHECK(ledger.derived_version() == 0);
}

TEST_CASE("what was recorded is there when the ledger is opened again") {
  const TempDir dir;
  SampleEnd good = made(0, 0, 1);
  SampleEnd bad = failed(7, Outcome::refused);
  {
    Ledger ledger = Ledger::open(dir.path());
    ledger.set_job({{"seed", 42}, {"models", Json::array({"painter"})}});
    ledger.add_rows(std::array{RowNumber{{1, 2}, 0}, RowNumber{{~0ULL, 3}, 7}});
    CHECK(ledger.model_number("painter") == 0);
    CHECK(ledger.model_number("other") == 1);
    ledger.ended(std::array{good, bad});
  }
  Ledger ledger = Ledger::open(dir.path());
  CHECK(ledger.job()["seed"] == 42);
  REQUIRE(ledger.rows().size() == 2);
  CHECK(ledger.rows()[1].key == Hash128{~0ULL, 3});
  CHECK(ledger.rows()[1].number == 7);
  CHECK(ledger.models() == std::vector<std::string>{"painter", "other"});
  CHECK(ledger.model_number("painter") == 0);
  CHECK(outcomes(ledger) == "0.0.1 ok, 7.0.0 refused");

  const SampleEnd read = ledger.end(good.key).value();
  CHECK(read.row_id == good.row_id);
  CHECK(read.file_name == good.file_name);
  CHECK(read.sha256 == good.sha256);
  CHECK(read.file_size == good.file_size);
  CHECK(read.seed == good.seed);
  CHECK(read.prompt == good.prompt);
  CHECK(read.metadata == good.metadata);
  CHECK(read.cost_micros == good.cost_micros);
  CHECK(read.queue_ns + read.generate_ns + read.encode_ns + read.write_ns == 10);
  CHECK(read.finished_at_ms == good.finished_at_ms);
  CHECK_FALSE(read.failure);

  const Failure failure = ledger.end(bad.key).value().failure.value();
  CHECK(failure.outcome == Outcome::refused);
  CHECK(failure.stage == "generate");
  CHECK(failure.message == "the policy says no");
  CHECK(failure.provider_code == "content_policy");
  CHECK(failure.parameter == "prompt");
  CHECK(failure.details_json == R"({"category":"fox"})");
  CHECK(failure.http_status == 400);
  CHECK(failure.retry_after_ms == 1500);
  CHECK_FALSE(ledger.end({7, 0, 1}));
}

TEST_CASE("ends come back in the order of their keys, whenever they ended") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.ended(std::array{made(3, 0, 0), made(0, 1, 0)});
  ledger.ended(std::array{made(0, 0, 1)});
  CHECK(outcomes(ledger) == "0.0.1 ok, 0.1.0 ok, 3.0.0 ok");
  std::vector<std::uint32_t> rows;
  ledger.for_each_end([&](const SampleEnd &end) { rows.push_back(end.key.row); });
  CHECK(rows == std::vector<std::uint32_t>{0, 0, 3});
}

TEST_CASE("a sample that is drawn again replaces its earlier end") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.ended(std::array{failed(0, Outcome::transient)});
  ledger.ended(std::array{made(0, 0, 0)});
  CHECK(outcomes(ledger) == "0.0.0 ok");
  CHECK_FALSE(ledger.end({0, 0, 0})->failure);
}

TEST_CASE("the version grows with ends and jobs, not with reading") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.ended(std::array{made(0, 0, 0)});
  const std::uint64_t one = ledger.version();
  ledger.started(std::array{StartedSample{{1, 0, 0}, {}}});
  CHECK(ledger.end({0, 0, 0}));
  CHECK(ledger.version() == one);
  ledger.set_job({{"seed", 1}});
  CHECK(ledger.version() == one + 1);
  ledger.set_derived_version(ledger.version());
  CHECK(ledger.derived_version() == ledger.version());
  ledger.forget(std::array{SampleKey{0, 0, 0}});
  CHECK(ledger.version() == one + 2);
  CHECK(outcomes(ledger) == "");
}

TEST_CASE("a request that left and has no end may have been billed") {
  const TempDir dir;
  {
    Ledger ledger = Ledger::open(dir.path());
    ledger.started(std::array{StartedSample{{0, 0, 0}, {}}, StartedSample{{0, 0, 1}, {}},
                              StartedSample{{5, 0, 0}, {}}});
    ledger.ended(std::array{made(0, 0, 0)});
  }
  Ledger ledger = Ledger::open(dir.path());
  CHECK(ledger.settle_started() == 2);
  CHECK(outcomes(ledger) == "0.0.0 ok, 0.0.1 maybe_billed, 5.0.0 maybe_billed");
  CHECK(ledger.settle_started() == 0);
  CHECK(ledger.end({5, 0, 0})->failure->message ==
        "the run ended after the request had left and before its answer came");
}

TEST_CASE("a request that did not leave after all was not billed") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.started(std::array{StartedSample{{0, 0, 0}, {}}, StartedSample{{1, 0, 0}, {}}});
  ledger.withdrawn(std::array{SampleKey{1, 0, 0}});
  CHECK(ledger.settle_started() == 1);
  CHECK(outcomes(ledger) == "0.0.0 maybe_billed");
}

TEST_CASE("a request that left its checkpoint is picked up, not written off") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.started(std::array{StartedSample{{0, 0, 0}, {}}, StartedSample{{1, 0, 0}, {}}});
  ledger.set_checkpoints(std::vector<Checkpoint>{{{1, 0}, "queue-17"}});
  CHECK(ledger.settle_started() == 1);
  CHECK(outcomes(ledger) == "0.0.0 maybe_billed");
  CHECK(ledger.checkpoint(1, 0) == "queue-17");
}

TEST_CASE("a checkpoint is replaced, and empty bytes remove it") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  CHECK(ledger.checkpoint(0, 0) == "");
  ledger.set_checkpoints(std::vector<Checkpoint>{{{0, 0}, "one"}});
  const std::string bytes("t\0wo", 4);
  ledger.set_checkpoints(std::vector<Checkpoint>{{{0, 0}, bytes}});
  CHECK(ledger.checkpoint(0, 0) == bytes);
  ledger.set_checkpoints(std::vector<Checkpoint>{{{0, 0}, ""}});
  CHECK(ledger.checkpoint(0, 0) == "");
}

TEST_CASE("a cleared ledger is as new, but never goes back to an old version") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.set_job({{"seed", 1}});
  ledger.add_rows(std::array{RowNumber{{1, 2}, 0}});
  ledger.model_number("painter");
  ledger.ended(std::array{made(0, 0, 0)});
  ledger.set_derived_version(ledger.version());
  const std::uint64_t before = ledger.version();
  ledger.clear();
  CHECK(ledger.job() == Json::object());
  CHECK(ledger.rows().empty());
  CHECK(ledger.models().empty());
  CHECK(outcomes(ledger) == "");
  CHECK(ledger.version() > before);
  CHECK(ledger.derived_version() == 0);
}

TEST_CASE("users can ask the ledger in plain SQL") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.model_number("painter");
  ledger.ended(std::array{made(0, 0, 0), failed(1, Outcome::refused)});
  CHECK(ask(dir.path(), "SELECT model FROM outcomes WHERE outcome = 'refused'") == "painter");
  CHECK(ask(dir.path(), "SELECT error FROM outcomes WHERE outcome = 'refused'") ==
        "the policy says no");
  CHECK(ask(dir.path(), "SELECT cost FROM outcomes WHERE id = 'fox-0'") == "0.04");
  CHECK(ask(dir.path(), "SELECT finished_at FROM outcomes WHERE outcome = 'ok'") ==
        "2023-11-14 22:13:20");
}

TEST_CASE("metadata with bytes that are no UTF-8 does not lose the sample") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  SampleEnd end = made(0, 0, 0);
  end.metadata = {{"caption", "\xff\xfe"}};
  end.prompt = "quotes ' \" ; -- and \xf0\x9f\xa6\x8a";
  ledger.ended(std::array{end});
  CHECK(ledger.end(end.key)->prompt == end.prompt);
  CHECK(ledger.end(end.key)->metadata["caption"] == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("attempts and costs of one sample add up, and what was spent is never forgotten") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  SampleEnd lost = failed(0, Outcome::transient);
  lost.attempts = 5;
  lost.cost_micros = 10'000;
  ledger.ended(std::array{lost});
  ledger.ended(std::array{made(0, 0, 0)});
  CHECK(ledger.end({0, 0, 0})->attempts == 6);
  CHECK(ledger.end({0, 0, 0})->cost_micros == 50'000);
  ledger.add_spent(7);
  ledger.forget(std::array{SampleKey{0, 0, 0}});
  ledger.clear();
  CHECK(ledger.spent_micros() == 50'007);
}

TEST_CASE("a lost answer is counted as spent at the cost it may have had") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.started(std::array{StartedSample{{0, 0, 0}, 40'000}, StartedSample{{1, 0, 0}, {}}});
  CHECK(ledger.settle_started() == 2);
  CHECK(ledger.spent_micros() == 40'000);
  CHECK(ledger.end({0, 0, 0})->cost_micros == 40'000);
  CHECK_FALSE(ledger.end({1, 0, 0})->cost_micros);
}

TEST_CASE("a file that moved into an archive is known by it") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.ended(std::array{made(0, 0, 0), made(1, 0, 0)});
  ledger.contained("train-png-000000.tar", std::array{SampleKey{1, 0, 0}});
  CHECK(ledger.end({0, 0, 0})->container == "");
  CHECK(ledger.end({1, 0, 0})->container == "train-png-000000.tar");
}

TEST_CASE("a reopened sample is cancelled, with attempts, cost and reason kept") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  SampleEnd lost = failed(0, Outcome::refused);
  lost.cost_micros = 10'000;
  ledger.ended(std::array{lost, made(1, 0, 0)});
  const std::uint64_t before = ledger.version();
  ledger.reopen(std::array{SampleKey{0, 0, 0}});
  CHECK(outcomes(ledger) == "0.0.0 cancelled, 1.0.0 ok");
  CHECK(ledger.version() > before);
  CHECK(ledger.end({0, 0, 0})->failure->message == "the policy says no");
  ledger.ended(std::array{made(0, 0, 0)});
  CHECK(ledger.end({0, 0, 0})->attempts == 2);
  CHECK(ledger.end({0, 0, 0})->cost_micros == 50'000);
}

TEST_CASE("the holder of a ledger is told without taking its lock") {
  const TempDir dir;
  CHECK(ledger_holder(dir.path()) == "");
  {
    const Ledger ledger = Ledger::open(dir.path());
    CHECK_THAT(ledger_holder(dir.path()), ContainsSubstring("process"));
    CHECK(ledger.damage().empty());
    CHECK(ledger.unanswered() == 0);
  }
  CHECK(ledger_holder(dir.path()) == "");
  CHECK_NOTHROW(Ledger::open(dir.path()));
}
