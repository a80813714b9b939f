#include "run/pace.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;

namespace {

constexpr std::int64_t second = 1'000'000'000;

// Seconds of drawing, for pictures drawn from and to those seconds.
double busy_seconds(std::vector<DrawingTime> seconds) {
  for (DrawingTime &time : seconds) time = {time.begun * second, time.ended * second};
  return pace_of(seconds).seconds;
}

SampleEnd drawn(std::uint32_t row, std::uint32_t model, std::int64_t ended_at_ms,
                std::int64_t seconds) {
  SampleEnd end;
  end.key = {row, model, 0};
  end.outcome = Outcome::ok;
  end.generate_ns = seconds * second;
  end.finished_at_ms = ended_at_ms;
  return end;
}

}  // namespace

TEST_CASE("pictures one after another take their times together") {
  CHECK(busy_seconds({{0, 2}, {2, 4}, {4, 5}}) == 5);
}

TEST_CASE("pictures drawn side by side share their time") {
  CHECK(busy_seconds({{0, 4}, {1, 3}, {2, 6}}) == 6);
  CHECK(busy_seconds({{2, 6}, {0, 4}, {0, 4}}) == 6);
}

TEST_CASE("a pause between runs does not count") {
  CHECK(busy_seconds({{0, 2}, {100, 103}}) == 5);
  CHECK(busy_seconds({}) == 0);
}

TEST_CASE("a ledger tells how fast each model was") {
  const pictor::test::TempDir dir;
  Ledger ledger = Ledger::open(dir.path());
  ledger.model_number("fast");
  ledger.model_number("slow");
  ledger.model_number("idle");
  SampleEnd failure = drawn(9, 2, 5000, 3);
  failure.outcome = Outcome::refused;
  ledger.ended(
      std::vector{drawn(0, 0, 2000, 1), drawn(1, 0, 3000, 1), drawn(0, 1, 9000, 8), failure});
  const std::map<std::string, Pace> paces = recorded_paces(ledger);
  CHECK(paces.size() == 2);
  CHECK(paces.at("fast").pictures == 2);
  CHECK(paces.at("fast").seconds_per_picture() == 1);
  CHECK(paces.at("slow").seconds_per_picture() == 8);
}
