#include "plugin/plugin_error.hpp"

#include "base/foreign_json.hpp"
#include "plugin/abi_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pictor::host {

namespace {

constexpr std::size_t max_message = 4 << 10;
constexpr std::size_t max_code = 256;
constexpr std::size_t max_details = 16 << 10;

// An object that could not be read in full is worth nothing.
std::string read_details(const pictor_str &text) {
  if (text.data == nullptr || text.size == 0 || text.size > max_details) return {};
  const auto json = parse_foreign_json({text.data, static_cast<std::size_t>(text.size)});
  return json && json->is_object() ? json->dump() : std::string();
}

Outcome outcome_of_status(const PluginError &error) {
  switch (error.status) {
    case PICTOR_CANCELLED:
      return Outcome::cancelled;
    case PICTOR_CONTENT_REJECTED:
      return (error.flags & PICTOR_ERROR_AFTER_DRAWING) != 0 ? Outcome::filtered : Outcome::refused;
    case PICTOR_RATE_LIMITED:
      return Outcome::rate_limited;
    case PICTOR_TIMEOUT:
    case PICTOR_UNAVAILABLE:
    case PICTOR_PROTOCOL:
    case PICTOR_DEVICE_LOST:
      return Outcome::transient;
    case PICTOR_INVALID_ARGUMENT:
    case PICTOR_UNSUPPORTED:
    case PICTOR_NOT_FOUND:
      return Outcome::invalid;
    case PICTOR_RESOURCE_EXHAUSTED:
      return Outcome::oom;
    // Nothing was drawn, and the same request works once the key or the account was mended.
    case PICTOR_UNAUTHENTICATED:
    case PICTOR_PERMISSION_DENIED:
    case PICTOR_QUOTA_EXHAUSTED:
      return Outcome::transient;
    default:
      return Outcome::internal;
  }
}

// What may have been paid for is never asked for again by itself.
Outcome outcome_of(const PluginError &error) {
  const Outcome outcome = outcome_of_status(error);
  const bool paid = (error.flags & PICTOR_ERROR_MAYBE_BILLED) != 0;
  return paid && drawn_again(outcome) ? Outcome::maybe_billed : outcome;
}

// What stays as it is whatever the next request says.
bool stops_model(pictor_status status) {
  return status == PICTOR_UNAUTHENTICATED || status == PICTOR_PERMISSION_DENIED ||
         status == PICTOR_QUOTA_EXHAUSTED || status == PICTOR_DEVICE_LOST;
}

std::string details_with_request_id(const PluginError &error) {
  if (error.provider_request_id.empty()) return error.details_json;
  Json details = error.details_json.empty() ? Json::object() : Json::parse(error.details_json);
  details.emplace("provider_request_id", error.provider_request_id);
  return details.dump();
}

}  // namespace

PluginError copy_error(const pictor_error *theirs) {
  const pictor_error error = known_part(theirs, "pictor_error");
  PluginError copy;
  copy.status = error.status;
  copy.flags = error.flags;
  copy.http_status = std::clamp(error.http_status, 0, 999);
  copy.retry_after_ms = std::max<std::int64_t>(error.retry_after_ms, -1);
  copy.message = lenient_text(error.message, max_message, "pictor_error.message");
  copy.provider_code = lenient_text(error.provider_code, max_code, "pictor_error.provider_code");
  copy.provider_request_id =
      lenient_text(error.provider_request_id, max_code, "pictor_error.provider_request_id");
  copy.param_id = lenient_text(error.param_id, max_code, "pictor_error.param_id");
  copy.details_json = read_details(error.details_json);
  return copy;
}

std::string status_name(pictor_status status) {
  static constexpr std::array names = {"OK",
                                       "CANCELLED",
                                       "INVALID_ARGUMENT",
                                       "UNSUPPORTED",
                                       "NOT_FOUND",
                                       "UNAUTHENTICATED",
                                       "PERMISSION_DENIED",
                                       "RATE_LIMITED",
                                       "QUOTA_EXHAUSTED",
                                       "CONTENT_REJECTED",
                                       "RESOURCE_EXHAUSTED",
                                       "TIMEOUT",
                                       "UNAVAILABLE",
                                       "PROTOCOL",
                                       "DEVICE_LOST",
                                       "INTERNAL",
                                       "STALE"};
  if (status < 0 || status >= static_cast<pictor_status>(names.size())) {
    return fmt::format("status {}", status);
  }
  return names[static_cast<std::size_t>(status)];
}

Failure to_failure(const PluginError &error, std::string_view stage) {
  Failure failure;
  failure.outcome = outcome_of(error);
  failure.stage = stage;
  failure.message =
      !error.message.empty()
          ? error.message
          : fmt::format("the plugin answered {} and gave no reason", status_name(error.status));
  if (error.status > PICTOR_STALE || error.status <= PICTOR_OK) {
    failure.message += fmt::format(" (the plugin failed with {})", status_name(error.status));
  }
  failure.provider_code = error.provider_code;
  failure.parameter = error.param_id;
  failure.details_json = details_with_request_id(error);
  failure.http_status = error.http_status;
  failure.retry_after_ms = error.retry_after_ms;
  failure.stops_model = stops_model(error.status);
  failure.stops_pool =
      error.status == PICTOR_UNAUTHENTICATED || error.status == PICTOR_QUOTA_EXHAUSTED;
  failure.retry_never = (error.flags & PICTOR_ERROR_RETRY_NEVER) != 0;
  failure.billed = (error.flags & PICTOR_ERROR_BILLED) != 0;
  failure.authentication =
      error.status == PICTOR_UNAUTHENTICATED || error.status == PICTOR_PERMISSION_DENIED;
  return failure;
}

Failure to_failure(const PluginError &error, std::string_view stage,
                   const std::vector<ParameterSpec> &specs) {
  Failure failure = to_failure(error, stage);
  const ParameterSpec *at_fault = find_spec(specs, failure.parameter);
  if (at_fault == nullptr || at_fault->scope != ParameterScope::load) return failure;
  if (failure.outcome != Outcome::invalid) return failure;
  failure.outcome = Outcome::transient;
  failure.stops_model = true;
  return failure;
}

Failure plugin_fault(std::string message, std::string_view stage) {
  Failure failure;
  failure.outcome = Outcome::internal;
  failure.stage = stage;
  failure.message = std::move(message);
  return failure;
}

}  // namespace pictor::host
