#include "base/error.hpp"
#include "base/log.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::CapturedLog;

TEST_CASE("the terminal gets the lines of its level and above") {
  const CapturedLog captured(LogLevel::warning);
  log(LogLevel::debug, "run", "one");
  log(LogLevel::info, "run", "two");
  log(LogLevel::warning, "run", "three");
  log(LogLevel::error, "plugin x", "four");
  CHECK(captured.text() == "warning: run: three\nerror: plugin x: four\n");
  CHECK(log_enabled(LogLevel::warning));
  CHECK_FALSE(log_enabled(LogLevel::info));
}

TEST_CASE("foreign text cannot steer the terminal") {
  const CapturedLog captured;
  log(LogLevel::error, "plugin\rx", "\x1b[2J two\nlines");
  REQUIRE(captured.lines().size() == 1);
  const std::string line = captured.lines().front();
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find('\r') == std::string::npos);
}

TEST_CASE("a message with format braces is printed as it is") {
  const CapturedLog captured;
  log(LogLevel::error, "run", "{} and {0}");
  CHECK(captured.text() == "error: run: {} and {0}\n");
}

TEST_CASE("verbosity counts from warnings") {
  CHECK(log_level_for(5) == LogLevel::debug);
  CHECK(log_level_for(1) == LogLevel::info);
  CHECK(log_level_for(0) == LogLevel::warning);
  CHECK(log_level_for(-1) == LogLevel::error);
  CHECK(log_level_for(-2) == LogLevel::off);
}

// Last of the file's cases: the log keeps the file until another takes its place.
TEST_CASE("a log file keeps more than the terminal shows") {
  const pictor::test::TempDir folder;
  const auto file = folder / "run.log";
  CHECK_THROWS_AS(log_to_file("/dev/null/run.log"), Error);
  const CapturedLog captured(LogLevel::error);
  log_to_file(file);
  log(LogLevel::info, "run", "only in the file");
  log(LogLevel::debug, "run", "nowhere");
  log(LogLevel::error, "run", "in both");
  log_in_file(LogLevel::error, "run", "in the file\nalone");
  log_in_file(LogLevel::debug, "run", "nowhere");
  const std::string kept = pictor::test::read_file(file);
  CHECK_THAT(kept, ContainsSubstring("run: only in the file") && ContainsSubstring("run: in both"));
  CHECK_THAT(kept, ContainsSubstring("run: in the file\\nalone"));
  CHECK(kept.find("nowhere") == std::string::npos);
  CHECK(captured.text() == "error: run: in both\n");
  log_to_file("/dev/null");
}
