#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pictor::host {

// What a model's answer tells of its provider's limits: numbers under these names in a picture's
// `extra`. A request's pictures tell of the request as a whole: the largest of each counts.
//
//   total_tokens, or tokens         that the request took
//   ratelimit_remaining_requests    left until the reset
//   ratelimit_reset_requests_ms     from now
//   ratelimit_remaining_tokens, ratelimit_reset_tokens_ms
struct RateReport {
  std::optional<double> tokens;
  std::optional<double> remaining_requests, reset_requests_ms;
  std::optional<double> remaining_tokens, reset_tokens_ms;

  // How long to send nothing: nothing is left until a reset. 0: there is.
  double pause_seconds() const;
  void add(const Json &extra);
};

// Whether that name of `extra` is about limits only, and no column of the dataset.
constexpr bool is_rate_report(std::string_view name) {
  return name.starts_with("ratelimit_");
}

}  // namespace pictor::host
