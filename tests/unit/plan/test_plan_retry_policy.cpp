#include "plan/retry_policy.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

using namespace pictor::host;

namespace {

Failure failure(Outcome outcome) {
  Failure failure;
  failure.outcome = outcome;
  return failure;
}

std::chrono::nanoseconds seconds(double value) {
  return duration_of(value);
}

// "again after 0.5 s", "final", "stop", "fallback other".
std::string told(const Verdict &verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::again:
      return fmt::format("again after {} s", std::chrono::duration<double>(verdict.delay).count());
    case Verdict::Kind::stop:
      return "stop";
    case Verdict::Kind::fallback:
      return "fallback " + verdict.fallback;
    case Verdict::Kind::final:
      break;
  }
  return "final";
}

std::string judge(const RetryConfig &config, const Failure &failure, std::uint32_t attempt = 1,
                  double elapsed = 0, double random = 0) {
  return told(RetryPolicy(config).judge(failure, attempt, seconds(elapsed), random));
}

}  // namespace

TEST_CASE("waits double from half a second to eight, five requests in all") {
  std::string waits;
  for (std::uint32_t attempt = 1; attempt <= 5; ++attempt) {
    waits += judge({}, failure(Outcome::transient), attempt) + "; ";
  }
  CHECK(waits == "again after 0.5 s; again after 1 s; again after 2 s; again after 4 s; final; ");
  RetryConfig patient;
  patient.attempts = 100;
  CHECK(judge(patient, failure(Outcome::transient), 5) == "again after 8 s");
  CHECK(judge(patient, failure(Outcome::transient), 99) == "again after 8 s");
}

TEST_CASE("jitter takes off up to a quarter") {
  CHECK(judge({}, failure(Outcome::transient), 4, 0, 0.5) == "again after 3.5 s");
  CHECK(judge({}, failure(Outcome::transient), 2, 0, 0.999) == "again after 0.75025 s");
}

TEST_CASE("what cannot get better is final") {
  std::string told;
  for (std::size_t i = 1; i < outcome_names.size(); ++i) {
    if (judge({}, failure(static_cast<Outcome>(i))) == "final") {
      told += std::string(told.empty() ? "" : " ") + std::string(outcome_names[i]);
    }
  }
  CHECK(told == "refused filtered invalid truncated maybe_billed cancelled internal");
}

TEST_CASE("a plugin that knows better ends the attempts") {
  Failure never = failure(Outcome::transient);
  never.retry_never = true;
  CHECK(judge({}, never) == "final");
  Failure account = failure(Outcome::transient);
  account.stops_model = true;
  CHECK(judge({}, account) == "final");
}

TEST_CASE("a provider's Retry-After is waited for, however long") {
  Failure limited = failure(Outcome::rate_limited);
  limited.retry_after_ms = 90'000;
  CHECK(judge({}, limited, 1, 0, 0.9) == "again after 90 s");
  limited.retry_after_ms = 10;
  CHECK(judge({}, limited) == "again after 0.01 s");
  limited.retry_after_ms = 0;
  CHECK(judge({}, limited) == "again after 0.5 s");
  limited.retry_after_ms = INT64_MAX;
  CHECK(judge({}, limited) == "again after 2592000 s");
}

TEST_CASE("nothing is asked again that could only come after the deadline") {
  RetryConfig config;
  config.deadline = 30;
  Failure limited = failure(Outcome::rate_limited);
  limited.retry_after_ms = 20'000;
  CHECK(judge(config, limited, 1, 9.9) == "again after 20 s");
  CHECK(judge(config, limited, 1, 10) == "final");
  config.on(Outcome::rate_limited) = {RetryAction::fallback, "other"};
  CHECK(judge(config, limited, 1, 10) == "fallback other");
  CHECK(judge(config, limited, 1, 30) == "final");
  CHECK(RetryPolicy(config).time_left(seconds(12)) == seconds(18));
  CHECK(RetryPolicy(config).time_left(seconds(31)) == seconds(0));
  CHECK_FALSE(RetryPolicy(RetryConfig()).time_left(seconds(31)));
}

TEST_CASE("a job chooses what is done by outcome") {
  RetryConfig config;
  config.attempts = 2;
  config.on(Outcome::refused) = {RetryAction::fallback, "other"};
  config.on(Outcome::transient) = {RetryAction::fallback, "spare"};
  config.on(Outcome::internal) = {RetryAction::retry};
  config.on(Outcome::oom) = {RetryAction::skip};
  config.on(Outcome::invalid) = {RetryAction::stop};
  CHECK(judge(config, failure(Outcome::refused)) == "fallback other");
  CHECK(judge(config, failure(Outcome::transient), 1) == "again after 0.5 s");
  CHECK(judge(config, failure(Outcome::transient), 2) == "fallback spare");
  CHECK(judge(config, failure(Outcome::internal), 1) == "again after 0.5 s");
  CHECK(judge(config, failure(Outcome::internal), 2) == "final");
  CHECK(judge(config, failure(Outcome::oom)) == "final");
  CHECK(judge(config, failure(Outcome::invalid)) == "stop");
}

TEST_CASE("what may be paid for is asked again only on the user's word") {
  RetryConfig config;
  CHECK(judge(config, failure(Outcome::maybe_billed)) == "final");
  config.redraw_maybe_billed = true;
  CHECK(judge(config, failure(Outcome::maybe_billed)) == "again after 0.5 s");
  CHECK(judge(config, failure(Outcome::maybe_billed), 5) == "final");
}
