#include "plan/limit_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace pictor::host {

namespace {

constexpr std::uint32_t fewest_failures = 8;
constexpr std::uint32_t probes = 6;
// A shorter pause is not worth a word.
constexpr std::chrono::seconds notable(1);

template <class Value>
std::optional<Value> smallest(const std::vector<PoolMember> &members,
                              std::optional<Value> LimitsConfig::*limit) {
  std::optional<Value> least;
  for (const PoolMember &member : members) {
    const std::optional<Value> &value = member.limits.*limit;
    if (value) least = least ? std::min(*least, *value) : *value;
  }
  return least;
}

std::optional<TokenBucket> bucket(const std::vector<PoolMember> &members,
                                  std::optional<double> LimitsConfig::*limit, double seconds) {
  const std::optional<double> most = smallest(members, limit);
  if (!most) return std::nullopt;
  return TokenBucket(*most / seconds);
}

std::uint32_t most_calls(const std::vector<PoolMember> &members) {
  std::uint32_t most = 1;
  for (const PoolMember &member : members) most = std::max(most, member.calls);
  return most;
}

bool is_adaptive(const std::vector<PoolMember> &members) {
  return std::any_of(members.begin(), members.end(), [](const PoolMember &member) {
    return member.remote && member.limits.adaptive;
  });
}

// Whether the endpoint did its part, though there is no picture.
bool endpoint_answered(Outcome outcome) {
  return outcome == Outcome::refused || outcome == Outcome::filtered ||
         outcome == Outcome::invalid || outcome == Outcome::truncated;
}

}  // namespace

LimitPool::LimitPool(const std::vector<PoolMember> &members)
    : window_(most_calls(members), is_adaptive(members)),
      per_second_(bucket(members, &LimitsConfig::requests_per_second, 1)),
      per_minute_(bucket(members, &LimitsConfig::requests_per_minute, 60)),
      images_(bucket(members, &LimitsConfig::images_per_minute, 60)),
      tokens_(bucket(members, &LimitsConfig::tokens_per_minute, 60)),
      breaker_(std::max(fewest_failures, 2 * most_calls(members)), probes,
               members.front().backoff) {
  if (const auto most = smallest(members, &LimitsConfig::requests_per_day)) {
    per_day_ = DayLimit(*most);
  }
}

Time LimitPool::ready(Time now) const {
  if (calls_out_ >= window_.size()) return Time::max();
  Time ready = std::max({now, paused_until_, breaker_.ready(now)});
  for (const auto *rate : {&per_second_, &per_minute_, &images_, &tokens_}) {
    if (*rate) ready = std::max(ready, (*rate)->ready(now));
  }
  return per_day_ ? std::max(ready, per_day_->ready(now)) : ready;
}

bool LimitPool::has_rates() const {
  return per_second_ || per_minute_ || images_ || tokens_ || per_day_;
}

std::uint32_t LimitPool::most_requests() const {
  const bool one = has_rates() || !breaker_.closed();
  return one ? 1 : std::numeric_limits<std::uint32_t>::max();
}

Ticket LimitPool::sent(std::uint32_t pictures, Time now) {
  Ticket ticket{now, breaker_.sent(), 0};
  if (requests_with_tokens_ > 0) {
    ticket.tokens = tokens_seen_ / static_cast<double>(requests_with_tokens_);
  }
  for (auto *rate : {&per_second_, &per_minute_}) {
    if (*rate) (*rate)->take(1, now);
  }
  if (images_) images_->take(pictures, now);
  if (tokens_) tokens_->take(ticket.tokens, now);
  if (per_day_) per_day_->take(now);
  return ticket;
}

void LimitPool::withdrawn(const Ticket &ticket, Time now) {
  breaker_.withdrawn(ticket.probe);
  settle_tokens(ticket, std::nullopt, now);
}

void LimitPool::settle_tokens(const Ticket &ticket, std::optional<double> tokens, Time now) {
  if (tokens) {
    tokens_seen_ += *tokens;
    ++requests_with_tokens_;
  }
  if (tokens_) tokens_->take(tokens.value_or(0) - ticket.tokens, now);
}

void LimitPool::pause(double seconds, Time now) {
  if (seconds > 0) paused_until_ = std::max(paused_until_, now + duration_of(seconds));
}

void LimitPool::answered(const Ticket &ticket, const Failure *failure, const RateReport &report,
                         Time now) {
  settle_tokens(ticket, report.tokens, now);
  pause(report.pause_seconds(), now);
  if (failure == nullptr) {
    window_.succeeded();
    breaker_.succeeded();
    return;
  }
  const bool unavailable =
      failure->outcome == Outcome::transient || failure->outcome == Outcome::maybe_billed;
  if (failure->outcome == Outcome::rate_limited) window_.limited(ticket.sent, now);
  if (failure->outcome == Outcome::rate_limited || unavailable) {
    pause(static_cast<double>(failure->retry_after_ms) / 1e3, now);
  }
  if (unavailable) {
    breaker_.failed(ticket.probe, now);
    last_trouble_ = failure->message;
  } else if (endpoint_answered(failure->outcome)) {
    breaker_.succeeded();
  } else if (failure->outcome == Outcome::cancelled) {
    breaker_.withdrawn(ticket.probe);
  } else {
    breaker_.ended(ticket.probe);
  }
}

std::optional<Failure> LimitPool::given_up() const {
  if (!breaker_.given_up()) return std::nullopt;
  Failure failure;
  failure.outcome = Outcome::transient;
  failure.stage = "generate";
  failure.message = fmt::format("{} requests in a row failed, the last {} one by one: {}",
                                breaker_.failures(), breaker_.probes(), last_trouble_);
  failure.stops_model = true;
  return failure;
}

std::string LimitPool::waiting(Time now) const {
  if (breaker_.given_up()) return {};
  if (!breaker_.closed()) {
    return fmt::format("{} requests in a row failed; trying one at a time: {}", breaker_.failures(),
                       last_trouble_);
  }
  if (paused_until_ >= now + notable) {
    const double seconds = std::chrono::duration<double>(paused_until_ - now).count();
    return fmt::format("rate limited by the provider for {:.0f} s", seconds);
  }
  if (per_day_ && per_day_->ready(now) > now) return "requests_per_day is reached";
  return {};
}

std::string pool_key(const std::string &plugin, const std::string &model,
                     const std::vector<ParameterSpec> &specs, const Parameters &load) {
  Json values = Json::object();
  for (const ParameterSpec &spec : specs) {
    if (spec.scope != ParameterScope::load || !spec.limit_key) continue;
    const auto found = load.find(spec.id);
    values[spec.id] = found == load.end() ? Json() : found->second;
  }
  if (values.empty()) return Json{{"plugin", plugin}, {"model", model}}.dump();
  return Json{{"plugin", plugin}, {"account", values}}.dump();
}

}  // namespace pictor::host
