#pragma once

#include "plan/rate_limit.hpp"

#include <cstdint>

namespace pictor::host {

// How many calls may be out at once: a quarter fewer when a rate limit is met, one more after as
// many successes in a row as there may be calls, never more than the user's number. One that is not
// adaptive stays at that number.
class ConcurrencyWindow {
 public:
  ConcurrencyWindow(std::uint32_t most, bool adaptive)
      : most_(most), adaptive_(adaptive), size_(most) {}

  std::uint32_t size() const { return size_; }
  void succeeded();
  // A request that was sent then met a rate limit. Those that were out at the last cut say nothing
  // of the smaller window. Whether it was cut.
  bool limited(Time sent, Time now);

 private:
  std::uint32_t most_;
  bool adaptive_;
  std::uint32_t size_;
  std::uint32_t successes_ = 0;
  Time last_cut_ = Time::min();
};

}  // namespace pictor::host
