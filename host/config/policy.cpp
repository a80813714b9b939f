#include "config/policy.hpp"

namespace pictor::host {

std::string_view name_of(RetryAction action) {
  constexpr std::array<std::string_view, 4> names = {"retry", "skip", "stop", "fallback"};
  return names[static_cast<std::size_t>(action)];
}

RetryConfig::RetryConfig() {
  for (const Outcome outcome : policy_outcomes) {
    if (retried_by_default(outcome)) on(outcome).action = RetryAction::retry;
  }
}

}  // namespace pictor::host
