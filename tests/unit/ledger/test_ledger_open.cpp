#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "sample_ends.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>

using namespace pictor::host;
using namespace pictor::test;

namespace {

void execute(const std::filesystem::path &file, const std::string &sql) {
  std::filesystem::create_directories(file.parent_path());
  sqlite3 *database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

// While it lives, no file of this process can grow beyond so many bytes: a disk that says no.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

std::string opening(const std::filesystem::path &output_dir) {
  try {
    Ledger::open(output_dir);
    return "opened";
  } catch (const Error &error) {
    return std::string(error.what()) + " | " + error.hint();
  }
}

}  // namespace

TEST_CASE("a second writer is told who the first one is") {
  const TempDir dir;
  const Ledger first = Ledger::open(dir.path());
  const std::string message = opening(dir.path());
  CHECK_THAT(message, ContainsSubstring("is in use by process " + std::to_string(getpid())));
  CHECK_THAT(message, ContainsSubstring(" on host "));
  CHECK_THAT(message, ContainsSubstring(dir.path().string()));
}

TEST_CASE("the lock goes with its holder") {
  const TempDir dir;
  { const Ledger first = Ledger::open(dir.path()); }
  CHECK(opening(dir.path()) == "opened");
}

TEST_CASE("a reader works beside a running job and sees what is committed") {
  const TempDir dir;
  Ledger writer = Ledger::open(dir.path());
  writer.ended(std::array{made(0, 0, 0)});
  const Ledger reader = Ledger::open_read_only(dir.path());
  CHECK(outcomes(reader) == "0.0.0 ok");
  writer.ended(std::array{made(1, 0, 0)});
  CHECK(outcomes(reader) == "0.0.0 ok, 1.0.0 ok");
}

TEST_CASE("a reader cannot write") {
  const TempDir dir;
  { Ledger writer = Ledger::open(dir.path()); }
  Ledger reader = Ledger::open_read_only(dir.path());
  CHECK_THROWS_AS(reader.ended(std::array{made(0, 0, 0)}), Error);
}

TEST_CASE("a folder without a ledger has nothing to read") {
  const TempDir dir;
  CHECK_THROWS_WITH(Ledger::open_read_only(dir.path()),
                    ContainsSubstring("no run of Pictor has written here"));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a ledger of a newer Pictor is refused and left alone") {
  const TempDir dir;
  { Ledger ledger = Ledger::open(dir.path()); }
  execute(ledger_file(dir.path()), "PRAGMA user_version = 99");
  CHECK_THAT(opening(dir.path()), ContainsSubstring("written by a newer Pictor"));
  CHECK_THAT(opening(dir.path()), ContainsSubstring("version 99"));
  CHECK_THROWS_AS(Ledger::open_read_only(dir.path()), Error);
}

TEST_CASE("somebody else's database is not taken for a ledger") {
  const TempDir dir;
  execute(ledger_file(dir.path()), "CREATE TABLE theirs (a)");
  CHECK_THAT(opening(dir.path()), ContainsSubstring("not a ledger of Pictor"));
}

TEST_CASE("a file that is no database is named") {
  const TempDir dir;
  dir.write(".pictor/ledger.sqlite", std::string(4096, 'x'));
  CHECK_THAT(opening(dir.path()), ContainsSubstring("ledger.sqlite: file is not a database"));
}

TEST_CASE("a damaged ledger is an error, not a crash") {
  const TempDir dir;
  {
    Ledger ledger = Ledger::open(dir.path());
    std::vector<SampleEnd> ends;
    for (std::uint32_t row = 0; row < 500; ++row) ends.push_back(made(row, 0, 0));
    ledger.ended(ends);
  }
  std::string bytes = read_file(ledger_file(dir.path()));
  for (std::size_t i = 8192; i < bytes.size(); ++i) bytes[i] = static_cast<char>(0xA5);
  dir.write(".pictor/ledger.sqlite", bytes);
  const auto read_all = [&] {
    const Ledger ledger = Ledger::open(dir.path());
    ledger.for_each_end([](const SampleEnd &) {});
  };
  CHECK_THROWS_WITH(read_all(), ContainsSubstring("malformed"));
}

TEST_CASE("a disk that takes no more is named, and what was recorded before stays") {
  const TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.ended(std::array{made(0, 0, 0)});
  {
    const FileSizeLimit limit(1);
    CHECK_THROWS_WITH(ledger.ended(std::array{made(1, 0, 0)}),
                      ContainsSubstring("ledger.sqlite: disk I/O error"));
  }
  CHECK(outcomes(ledger) == "0.0.0 ok");
  ledger.ended(std::array{made(1, 0, 0)});
  CHECK(outcomes(ledger) == "0.0.0 ok, 1.0.0 ok");
}

TEST_CASE("paths may hold any character") {
  const TempDir dir;
  const std::filesystem::path odd = dir / "50% #1? f\xc3\xb6xes";
  {
    Ledger ledger = Ledger::open(odd);
    ledger.ended(std::array{made(0, 0, 0)});
  }
  CHECK(outcomes(Ledger::open_read_only(odd)) == "0.0.0 ok");
}
