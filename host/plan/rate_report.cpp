#include "plan/rate_report.hpp"

#include <algorithm>

namespace pictor::host {

namespace {

void raise(std::optional<double> &value, const Json &extra, const char *name) {
  const auto found = extra.find(name);
  if (found == extra.end() || !found->is_number()) return;
  const double number = found->get<double>();
  if (!(number >= 0)) return;
  value = std::max(value.value_or(0), number);
}

}  // namespace

void RateReport::add(const Json &extra) {
  if (!extra.is_object()) return;
  raise(tokens, extra, extra.contains("total_tokens") ? "total_tokens" : "tokens");
  raise(remaining_requests, extra, "ratelimit_remaining_requests");
  raise(reset_requests_ms, extra, "ratelimit_reset_requests_ms");
  raise(remaining_tokens, extra, "ratelimit_remaining_tokens");
  raise(reset_tokens_ms, extra, "ratelimit_reset_tokens_ms");
}

double RateReport::pause_seconds() const {
  double pause = 0;
  if (remaining_requests == 0.0) pause = reset_requests_ms.value_or(0) / 1e3;
  if (remaining_tokens == 0.0) pause = std::max(pause, reset_tokens_ms.value_or(0) / 1e3);
  return pause;
}

}  // namespace pictor::host
