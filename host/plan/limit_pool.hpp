#pragma once

#include "base/outcome.hpp"
#include "base/parameter.hpp"
#include "config/policy.hpp"
#include "plan/circuit_breaker.hpp"
#include "plan/concurrency_window.hpp"
#include "plan/rate_limit.hpp"
#include "plan/rate_report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// What one model brings into its pool.
struct PoolMember {
  LimitsConfig limits;
  std::uint32_t calls = 1;  // at once
  bool remote = false;      // it needs the network or bills: the window may adapt
  Backoff backoff = {};
};

// A request that is out, as its pool remembers it.
struct Ticket {
  Time sent{};
  bool probe = false;
  double tokens = 0;  // taken ahead
};

// The account that some models share: what may leave now, for all of them. Of limits that its
// members state differently the smallest counts; the calls at once are those of the member with
// most.
class LimitPool {
 public:
  explicit LimitPool(const std::vector<PoolMember> &members);

  // When the next call may leave. Time::max(): not before something that is out has ended.
  Time ready(Time now) const;
  // Requests in that call, at most.
  std::uint32_t most_requests() const;

  void call_began() { ++calls_out_; }
  void call_ended() { --calls_out_; }
  Ticket sent(std::uint32_t pictures, Time now);
  void withdrawn(const Ticket &ticket, Time now);
  // `failure` null: it drew.
  void answered(const Ticket &ticket, const Failure *failure, const RateReport &report, Time now);

  // Nobody answers: what is left is not asked for. Why, as a failure that stops models; or nothing.
  std::optional<Failure> given_up() const;
  // Whether failures are the endpoint's rather than the samples'.
  bool in_trouble() const { return !breaker_.closed(); }
  // Why nothing leaves now but for the odd probe; empty: no such reason.
  std::string waiting(Time now) const;

 private:
  bool has_rates() const;
  void settle_tokens(const Ticket &ticket, std::optional<double> tokens, Time now);
  void pause(double seconds, Time now);

  ConcurrencyWindow window_;
  std::optional<TokenBucket> per_second_, per_minute_, images_, tokens_;
  std::optional<DayLimit> per_day_;
  CircuitBreaker breaker_;
  std::uint32_t calls_out_ = 0;
  double tokens_seen_ = 0;
  std::uint64_t requests_with_tokens_ = 0;
  Time paused_until_ = Time::min();
  std::string last_trouble_;
};

// Models with the same key share a pool: those of one plugin whose LIMIT_KEY parameters have equal
// values. A model without such parameters is alone.
std::string pool_key(const std::string &plugin, const std::string &model,
                     const std::vector<ParameterSpec> &specs, const Parameters &load);

}  // namespace pictor::host
