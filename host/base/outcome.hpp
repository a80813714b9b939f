#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::host {

// How a sample ended. The numbers are stored in ledgers: only add.
enum class Outcome : std::uint8_t {
  ok = 0,
  refused = 1,
  filtered = 2,
  rate_limited = 3,
  transient = 4,
  invalid = 5,
  oom = 6,
  truncated = 7,
  maybe_billed = 8,
  cancelled = 9,
  internal = 10,
};

inline constexpr std::array<std::string_view, 11> outcome_names = {
    "ok",  "refused",   "filtered",     "rate_limited", "transient", "invalid",
    "oom", "truncated", "maybe_billed", "cancelled",    "internal"};

constexpr std::string_view name_of(Outcome outcome) {
  return outcome_names[static_cast<std::size_t>(outcome)];
}

// The outcome of that name; nothing for other words.
constexpr std::optional<Outcome> outcome_named(std::string_view name) {
  for (std::size_t i = 0; i < outcome_names.size(); ++i) {
    if (outcome_names[i] == name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

// Whether the same command draws such a sample again; the others are final until `pictor retry`
// names them.
constexpr bool drawn_again(Outcome outcome) {
  return outcome == Outcome::cancelled || outcome == Outcome::transient ||
         outcome == Outcome::rate_limited || outcome == Outcome::oom;
}

// Why a sample did not end `ok`. Texts are UTF-8 and hold no secret; empty: not known.
struct Failure {
  Outcome outcome = Outcome::internal;
  std::string stage;  // "row", "load", "generate", "encode", "write"
  std::string message;
  std::string provider_code;
  std::string parameter;  // the runtime parameter at fault
  std::string details_json;
  int http_status = 0;  // 0: none
  std::int64_t retry_after_ms = -1;
  bool stops_model = false;     // the model's other samples would end alike: do not ask for them
  bool stops_pool = false;      // so would those of every model on the same account
  bool retry_never = false;     // the same request will fail again
  bool billed = false;          // it failed, and was billed
  bool authentication = false;  // the key is missing, wrong or not allowed: exit code 6
};

}  // namespace pictor::host
