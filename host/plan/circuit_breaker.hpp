#pragma once

#include "plan/rate_limit.hpp"
#include "plan/retry_policy.hpp"

#include <cstdint>

namespace pictor::host {

// Stops asking an endpoint that does not answer. Closed: all may go. A run of failures without a
// success opens it: one request at a time, a probe, each after a longer wait. The first success
// closes it; the last probe that fails gives the endpoint up.
class CircuitBreaker {
 public:
  CircuitBreaker(std::uint32_t failures, std::uint32_t probes, Backoff backoff)
      : threshold_(failures), probes_(probes), backoff_(backoff) {}

  // When a request may go; Time::max(): not before the probe that is out has ended.
  Time ready(Time now) const;
  // A request goes. Whether it is a probe.
  bool sent();
  void withdrawn(bool probe);
  void succeeded();
  void failed(bool probe, Time now);
  // Neither: an answer that tells nothing of the endpoint, but that there is one.
  void ended(bool probe);

  bool closed() const { return state_ == State::closed; }
  bool given_up() const { return state_ == State::given_up; }
  std::uint32_t failures() const { return in_a_row_; }
  std::uint32_t probes() const { return probed_; }

 private:
  enum class State { closed, open, given_up };

  std::uint32_t threshold_, probes_;
  Backoff backoff_;
  State state_ = State::closed;
  std::uint32_t in_a_row_ = 0, probed_ = 0;
  bool probe_out_ = false;
  Time next_probe_{};
};

}  // namespace pictor::host
