#include "remote/answers.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pictor::remote {
namespace {

using Kind = TransferFailure::Kind;
using std::chrono::milliseconds;

constexpr milliseconds longest_wait = std::chrono::hours(24);

// A plain decimal number that takes all of `text`, whatever the locale.
std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const char *end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Rounded up, as a wait that is a little too short is answered with another.
std::optional<milliseconds> wait_of(double ms) {
  if (ms < 0) return std::nullopt;
  if (ms >= static_cast<double>(longest_wait.count())) return longest_wait;
  return milliseconds(static_cast<std::int64_t>(std::ceil(ms)));
}

std::optional<milliseconds> wait_until(const std::string &date,
                                       std::chrono::system_clock::time_point now) {
  const time_t then = curl_getdate(date.c_str(), nullptr);
  if (then == -1) return std::nullopt;
  const auto wait =
      std::chrono::ceil<milliseconds>(std::chrono::system_clock::from_time_t(then) - now);
  return std::clamp(wait, milliseconds(0), longest_wait);
}

// Milliseconds in the unit that `text` begins with, and its letters.
struct Unit {
  double ms;
  std::size_t letters;
};

std::optional<Unit> unit_of(std::string_view text) {
  constexpr std::pair<std::string_view, double> units[] = {
      {"ms", 1},   {"us", 1e-3},  {"\xC2\xB5s", 1e-3}, {"ns", 1e-6},
      {"s", 1000}, {"m", 60'000}, {"h", 3'600'000},    {"d", 86'400'000}};
  for (const auto &[name, ms] : units) {
    if (text.starts_with(name)) return Unit{ms, name.size()};
  }
  return std::nullopt;
}

// The first of these headers that is there and not empty.
std::string first_of(const Headers &headers, std::initializer_list<const char *> names) {
  for (const char *name : names) {
    if (const auto value = headers.find(name); value && !value->empty()) return *value;
  }
  return {};
}

bool may_have_drawn(int status) {
  return status == 504 || (status >= 520 && status <= 524);
}

bool drew_nothing(int status) {
  return status == 408 || status == 409 || status == 425 || status == 429 || status == 503;
}

Status status_of(Kind kind) {
  switch (kind) {
    case Kind::bad_url:
    case Kind::tls:
      return Status::invalid_argument;
    case Kind::timeout:
      return Status::timeout;
    case Kind::too_large:
    case Kind::refused_address:
    case Kind::redirects:
    case Kind::undecodable:
      return Status::protocol;
    case Kind::no_secret:
      return Status::unauthenticated;
    case Kind::cancelled:
      return Status::cancelled;
    default:
      return Status::unavailable;
  }
}

bool is_weather(Kind kind) {
  return kind != Kind::bad_url && kind != Kind::tls && kind != Kind::no_secret &&
         kind != Kind::refused_address && kind != Kind::redirects;
}

std::string words_for(const TransferFailure &failure, const std::string &who) {
  switch (failure.kind) {
    case Kind::bad_url:
      return "the address of " + who + " cannot be used: " + failure.message;
    case Kind::resolve:
    case Kind::connect:
      return "cannot reach " + who + ": " + failure.message;
    case Kind::tls:
      return "cannot trust " + who + ": " + failure.message +
             " (a private authority's certificate must be made known to the client)";
    case Kind::timeout:
      return who + " took too long: " + failure.message;
    case Kind::reset:
      return "the connection to " + who + " broke: " + failure.message;
    case Kind::no_secret:
      return failure.message;
    case Kind::cancelled:
      return "the request to " + who + " was cancelled";
    default:
      return "the answer of " + who + " cannot be used: " + failure.message;
  }
}

}  // namespace

std::optional<milliseconds> retry_after(const Headers &headers,
                                        std::chrono::system_clock::time_point now) {
  if (const auto text = headers.find("retry-after-ms")) {
    if (const auto ms = number_of(*text)) {
      if (const auto wait = wait_of(*ms)) return wait;
    }
  }
  const auto text = headers.find("retry-after");
  if (!text) return std::nullopt;
  if (const auto seconds = number_of(*text)) return wait_of(*seconds * 1000);
  return wait_until(*text, now);
}

std::optional<milliseconds> duration_of(std::string_view text) {
  constexpr double most = 1e15;  // ms; far beyond any wait, far below overflow
  if (const auto seconds = number_of(text)) {
    if (*seconds < 0 || *seconds * 1000 > most) return std::nullopt;
    return milliseconds(static_cast<std::int64_t>(std::ceil(*seconds * 1000)));
  }
  double sum = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto value = number_of(text.substr(0, digits));
    const auto unit = unit_of(text.substr(digits));
    if (!value || !unit) return std::nullopt;
    sum += *value * unit->ms;
    text.remove_prefix(digits + unit->letters);
  }
  if (sum > most) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(std::ceil(sum)));
}

Status status_of(int http_status) {
  switch (http_status) {
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      return Status::invalid_argument;
    case 401:
      return Status::unauthenticated;
    case 402:
      return Status::quota_exhausted;
    case 403:
      return Status::permission_denied;
    case 404:
    case 410:
      return Status::not_found;
    case 408:
    case 504:
      return Status::timeout;
    case 409:
    case 425:
      return Status::unavailable;
    case 429:
      return Status::rate_limited;
    case 501:
      return Status::unsupported;
    default:
      return http_status >= 500 && http_status < 600 ? Status::unavailable : Status::protocol;
  }
}

Error error_of(const HttpAnswer &answer, const std::string &message, bool bills) {
  Error error(status_of(answer.status), message);
  error.http_status(answer.status);
  if (const auto wait = retry_after(answer.headers, std::chrono::system_clock::now())) {
    error.retry_after_ms(wait->count());
  }
  error.provider_request_id(
      first_of(answer.headers, {"x-request-id", "request-id", "apim-request-id"}));
  const bool maybe_billed = bills && may_have_drawn(answer.status);
  if (maybe_billed) error.maybe_billed();
  const std::string should_retry = first_of(answer.headers, {"x-should-retry"});
  if (should_retry == "false") {
    error.retry_never();
  } else if (!maybe_billed && (should_retry == "true" || drew_nothing(answer.status))) {
    error.retry_safe();
  }
  return error;
}

Error error_of(const TransferFailure &failure, const std::string &who, bool bills) {
  Error error(status_of(failure.kind), words_for(failure, who));
  if (failure.status != 0) error.http_status(failure.status);
  error.provider_request_id(
      first_of(failure.headers, {"x-request-id", "request-id", "apim-request-id"}));
  if (failure.sent && bills) error.maybe_billed();
  if (!is_weather(failure.kind)) {
    error.retry_never();
  } else if (!failure.sent || !bills) {
    error.retry_safe();
  }
  return error;
}

Error restated(const Error &base, Status status, const std::string &message) {
  const pictor_error known = base.view();
  Error error(status, message);
  error.http_status(known.http_status).retry_after_ms(known.retry_after_ms);
  error.provider_request_id({known.provider_request_id.data, known.provider_request_id.size});
  if ((known.flags & PICTOR_ERROR_RETRY_SAFE) != 0) error.retry_safe();
  if ((known.flags & PICTOR_ERROR_RETRY_NEVER) != 0) error.retry_never();
  if ((known.flags & PICTOR_ERROR_BILLED) != 0) error.billed();
  if ((known.flags & PICTOR_ERROR_MAYBE_BILLED) != 0) error.maybe_billed();
  return error;
}

}  // namespace pictor::remote
