#pragma once

#include "base/outcome.hpp"
#include "config/policy.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace pictor::host {

// Waits that double up to a limit.
struct Backoff {
  double first = 0.5, most = 8;  // seconds

  // Before attempt 2, 3, ...: `attempt` is the one that failed, from 1. `random`, 0 <= it < 1,
  // takes off up to a quarter, so that samples that failed together do not all come back together.
  std::chrono::nanoseconds after(std::uint32_t attempt, double random) const;
};

// Seconds as a duration; a month at most, so that adding it to a time never overflows.
std::chrono::nanoseconds duration_of(double seconds);

// What becomes of a sample after a request for it failed.
struct Verdict {
  enum class Kind { again, final, stop, fallback } kind = Kind::final;
  std::chrono::nanoseconds delay{};  // again
  std::string fallback = {};         // the model that is asked instead
};

// One model's answer to failures. Has no state: the same question has the same answer.
class RetryPolicy {
 public:
  explicit RetryPolicy(RetryConfig config) : config_(std::move(config)) {}

  // `attempt`: which request to this model failed, from 1. `elapsed`: since the sample's first
  // request. A provider's Retry-After is waited for however long it is, within the deadline. A
  // fallback from an outcome that is retried by default comes after the attempts, from others at
  // once.
  Verdict judge(const Failure &failure, std::uint32_t attempt, std::chrono::nanoseconds elapsed,
                double random) const;

  // What the deadline leaves; nothing when there is none. Never negative.
  std::optional<std::chrono::nanoseconds> time_left(std::chrono::nanoseconds elapsed) const;

 private:
  Reaction reaction_to(Outcome outcome) const;

  RetryConfig config_;
};

}  // namespace pictor::host
