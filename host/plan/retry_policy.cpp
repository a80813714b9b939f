#include "plan/retry_policy.hpp"

#include <algorithm>
#include <cmath>

namespace pictor::host {

namespace {

constexpr double longest_wait = 30 * 24 * 3600.0;
constexpr double jitter = 0.25;

}  // namespace

std::chrono::nanoseconds duration_of(double seconds) {
  const double bounded = std::clamp(seconds, 0.0, longest_wait);
  return std::chrono::nanoseconds(std::llround(std::ceil(bounded * 1e9)));
}

std::chrono::nanoseconds Backoff::after(std::uint32_t attempt, double random) const {
  const double doubled = std::ldexp(first, static_cast<int>(std::min(attempt, 64u)) - 1);
  return duration_of(std::min(doubled, most) * (1 - jitter * random));
}

Reaction RetryPolicy::reaction_to(Outcome outcome) const {
  if (outcome != Outcome::maybe_billed) return config_.on(outcome);
  return {config_.redraw_maybe_billed ? RetryAction::retry : RetryAction::skip};
}

Verdict RetryPolicy::judge(const Failure &failure, std::uint32_t attempt,
                           std::chrono::nanoseconds elapsed, double random) const {
  if (failure.stops_model || failure.outcome == Outcome::cancelled) return {};
  const auto left = time_left(elapsed);
  if (left && left->count() == 0) return {};
  const Reaction reaction = reaction_to(failure.outcome);
  Verdict last;
  if (reaction.action == RetryAction::stop) last.kind = Verdict::Kind::stop;
  if (reaction.action == RetryAction::fallback) {
    last = {Verdict::Kind::fallback, {}, reaction.fallback};
  }
  const bool retried =
      reaction.action == RetryAction::retry ||
      (reaction.action == RetryAction::fallback && retried_by_default(failure.outcome));
  if (!retried || failure.retry_never || attempt >= config_.attempts) return last;
  const auto delay =
      failure.retry_after_ms > 0
          ? duration_of(static_cast<double>(failure.retry_after_ms) / 1e3)
          : Backoff{config_.first_backoff, config_.most_backoff}.after(attempt, random);
  if (left && delay >= *left) return last;
  return {Verdict::Kind::again, delay};
}

std::optional<std::chrono::nanoseconds> RetryPolicy::time_left(
    std::chrono::nanoseconds elapsed) const {
  if (!config_.deadline) return std::nullopt;
  return std::max(duration_of(*config_.deadline) - elapsed, std::chrono::nanoseconds(0));
}

}  // namespace pictor::host
