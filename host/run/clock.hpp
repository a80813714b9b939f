#pragma once

#include <chrono>
#include <functional>

namespace pictor::host {

// Time as a run sees it.
class RunClock {
 public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~RunClock() = default;
  virtual Time now() const = 0;
  // Asked before the run sleeps until a message comes or that time of this clock: how long to sleep
  // on the real one. `idle`: nothing is out or loading, so no message will come.
  virtual Time sleep_until(Time until, bool idle) = 0;
};

class SteadyRunClock final : public RunClock {
 public:
  Time now() const override { return std::chrono::steady_clock::now(); }
  Time sleep_until(Time until, bool) override { return until; }
};

// A number, 0 <= it < 1.
using Random = std::function<double()>;
Random seeded_random(std::uint64_t seed);

}  // namespace pictor::host
