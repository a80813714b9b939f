#pragma once

#include <chrono>
#include <cstdint>

namespace pictor::host {

// How much one plugin may log: a burst of lines at once, then so many a second. Not thread-safe.
class LogLimit {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int burst = 200;
  static constexpr int per_second = 20;

  // Whether a line at that time is kept; times do not go back.
  bool allows(Clock::time_point now) {
    const std::chrono::duration<double> passed = now - last_;
    room_ = room_ + passed.count() * per_second;
    if (room_ > burst) room_ = burst;
    last_ = now;
    if (room_ < 1) {
      ++dropped_;
      return false;
    }
    room_ -= 1;
    return true;
  }

  // How many lines were dropped since this was last asked.
  std::uint64_t take_dropped() {
    const std::uint64_t dropped = dropped_;
    dropped_ = 0;
    return dropped;
  }

 private:
  double room_ = burst;
  Clock::time_point last_{};
  std::uint64_t dropped_ = 0;
};

}  // namespace pictor::host
