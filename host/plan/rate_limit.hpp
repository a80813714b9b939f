#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace pictor::host {

using Time = std::chrono::steady_clock::time_point;

// So many a minute, paced: a tenth of a second's worth may go at once, one at least.
class TokenBucket {
 public:
  explicit TokenBucket(double per_second);

  // When something may be taken.
  Time ready(Time now) const;
  // Takes any amount: what is not there is waited for by who comes next. Negative gives back.
  void take(double amount, Time now);

 private:
  double level_at(Time now) const;

  double per_second_, capacity_, level_;
  Time last_{};
};

// So many in any 24 hours, as fast as they come.
class DayLimit {
 public:
  explicit DayLimit(std::uint32_t most) : most_(most) {}

  Time ready(Time now) const;
  void take(Time now);

 private:
  struct Minute {
    Time begun, last;
    std::uint32_t count;
  };

  std::uint32_t most_;
  std::uint64_t taken_ = 0;  // in minutes_
  std::deque<Minute> minutes_;
};

}  // namespace pictor::host
