#include "plan/circuit_breaker.hpp"

namespace pictor::host {

Time CircuitBreaker::ready(Time now) const {
  if (state_ == State::closed) return now;
  if (state_ == State::given_up || probe_out_) return Time::max();
  return std::max(now, next_probe_);
}

bool CircuitBreaker::sent() {
  if (state_ != State::open) return false;
  probe_out_ = true;
  return true;
}

void CircuitBreaker::withdrawn(bool probe) {
  if (probe) probe_out_ = false;
}

void CircuitBreaker::succeeded() {
  probe_out_ = false;
  in_a_row_ = probed_ = 0;
  if (state_ == State::open) state_ = State::closed;
}

void CircuitBreaker::failed(bool probe, Time now) {
  ++in_a_row_;
  if (state_ == State::closed && in_a_row_ >= threshold_) {
    state_ = State::open;
    next_probe_ = now + backoff_.after(1, 0);
  }
  // What was already out when it opened tells nothing new.
  if (state_ != State::open || !probe) return;
  probe_out_ = false;
  if (++probed_ >= probes_) {
    state_ = State::given_up;
  } else {
    next_probe_ = now + backoff_.after(probed_ + 1, 0);
  }
}

void CircuitBreaker::ended(bool probe) {
  if (probe) succeeded();
}

}  // namespace pictor::host
