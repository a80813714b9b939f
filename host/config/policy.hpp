#pragma once

#include "base/outcome.hpp"
#include "config/source.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace pictor::host {

enum class RetryAction { retry, skip, stop, fallback };
std::string_view name_of(RetryAction action);

// What becomes of a sample that ended in one way.
struct Reaction {
  RetryAction action = RetryAction::skip;
  std::string fallback = {};  // the model that draws it instead
  Place place = {};           // of the fallback's name

  bool operator==(const Reaction &other) const {
    return action == other.action && fallback == other.fallback;
  }
};

// What is done about samples that did not end ok.
struct RetryConfig {
  std::uint32_t attempts = 5;  // requests per sample, the first one included
  double first_backoff = 0.5;  // seconds; doubles from attempt to attempt
  double most_backoff = 8;
  std::optional<double> deadline;  // seconds per sample, from its first request
  bool redraw_maybe_billed = false;

  RetryConfig();
  const Reaction &on(Outcome outcome) const { return on_[static_cast<std::size_t>(outcome)]; }
  Reaction &on(Outcome outcome) { return on_[static_cast<std::size_t>(outcome)]; }
  bool operator==(const RetryConfig &) const = default;

 private:
  std::array<Reaction, outcome_names.size()> on_;
};

// The outcomes that `retry: on:` may name.
inline constexpr std::array policy_outcomes = {
    Outcome::refused, Outcome::filtered,  Outcome::rate_limited, Outcome::transient,
    Outcome::oom,     Outcome::truncated, Outcome::invalid,      Outcome::internal};

// Whether asking again may help, where a job says nothing of it.
constexpr bool retried_by_default(Outcome outcome) {
  return outcome == Outcome::rate_limited || outcome == Outcome::transient ||
         outcome == Outcome::oom;
}

// How hard a model may be used. Empty: without limit; `concurrency`: as the model declares.
struct LimitsConfig {
  std::optional<std::uint32_t> concurrency;
  bool adaptive = true;
  std::optional<double> requests_per_second, requests_per_minute;
  std::optional<std::uint32_t> requests_per_day;
  std::optional<double> images_per_minute, tokens_per_minute;
  bool operator==(const LimitsConfig &) const = default;
};

}  // namespace pictor::host
