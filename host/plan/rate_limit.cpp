#include "plan/rate_limit.hpp"

#include "plan/retry_policy.hpp"

#include <algorithm>

namespace pictor::host {

namespace {

constexpr double burst_seconds = 0.1;
constexpr double rounding = 1e-6;
constexpr std::chrono::hours day(24);

}  // namespace

TokenBucket::TokenBucket(double per_second)
    : per_second_(per_second),
      capacity_(std::max(1.0, per_second * burst_seconds)),
      level_(capacity_) {}

double TokenBucket::level_at(Time now) const {
  const double seconds = std::chrono::duration<double>(std::max(now, last_) - last_).count();
  return std::min(capacity_, level_ + seconds * per_second_);
}

Time TokenBucket::ready(Time now) const {
  const double missing = 1 - level_at(now);
  if (missing <= rounding) return now;
  return now + duration_of(missing / per_second_);
}

void TokenBucket::take(double amount, Time now) {
  level_ = level_at(now) - amount;
  last_ = std::max(now, last_);
}

Time DayLimit::ready(Time now) const {
  std::uint64_t taken = taken_;
  for (const Minute &minute : minutes_) {
    if (taken < most_) break;
    if (minute.last + day > now) return minute.last + day;
    taken -= minute.count;
  }
  return now;
}

void DayLimit::take(Time now) {
  while (!minutes_.empty() && minutes_.front().last + day <= now) {
    taken_ -= minutes_.front().count;
    minutes_.pop_front();
  }
  ++taken_;
  if (!minutes_.empty() && now < minutes_.back().begun + std::chrono::minutes(1)) {
    minutes_.back().last = now;
    ++minutes_.back().count;
  } else {
    minutes_.push_back({now, now, 1});
  }
}

}  // namespace pictor::host
