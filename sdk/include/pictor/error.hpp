#pragma once

#include "pictor/abi.h"

#include <cstdint>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace pictor {
inline namespace v1 {

enum class Status : std::int32_t {
  cancelled = PICTOR_CANCELLED,
  invalid_argument = PICTOR_INVALID_ARGUMENT,
  unsupported = PICTOR_UNSUPPORTED,
  not_found = PICTOR_NOT_FOUND,
  unauthenticated = PICTOR_UNAUTHENTICATED,
  permission_denied = PICTOR_PERMISSION_DENIED,
  rate_limited = PICTOR_RATE_LIMITED,
  quota_exhausted = PICTOR_QUOTA_EXHAUSTED,
  content_rejected = PICTOR_CONTENT_REJECTED,
  resource_exhausted = PICTOR_RESOURCE_EXHAUSTED,
  timeout = PICTOR_TIMEOUT,
  unavailable = PICTOR_UNAVAILABLE,
  protocol = PICTOR_PROTOCOL,
  device_lost = PICTOR_DEVICE_LOST,
  internal = PICTOR_INTERNAL,
};

// What a plugin throws. It never crosses the boundary: there it becomes a pictor_error. The message
// names the user's mistake and the next step, and holds no secret.
//   throw pictor::Error(Status::invalid_argument, "width must not exceed 1024").parameter("width");
class Error : public std::runtime_error {
 public:
  Error(Status status, const std::string &message) : std::runtime_error(message), status_(status) {}

  Error &parameter(std::string id) { return parameter_ = std::move(id), *this; }
  Error &http_status(int code) { return http_status_ = code, *this; }
  Error &retry_after_ms(std::int64_t wait) { return retry_after_ms_ = wait, *this; }
  Error &provider_code(std::string code) { return provider_code_ = std::move(code), *this; }
  Error &provider_request_id(std::string id) { return request_id_ = std::move(id), *this; }
  Error &details_json(std::string object) { return details_json_ = std::move(object), *this; }
  Error &retry_safe() { return flags_ |= PICTOR_ERROR_RETRY_SAFE, *this; }
  Error &retry_never() { return flags_ |= PICTOR_ERROR_RETRY_NEVER, *this; }
  Error &billed() { return flags_ |= PICTOR_ERROR_BILLED, *this; }
  Error &maybe_billed() { return flags_ |= PICTOR_ERROR_MAYBE_BILLED, *this; }
  Error &after_drawing() { return flags_ |= PICTOR_ERROR_AFTER_DRAWING, *this; }

  Status status() const { return status_; }
  const std::string &parameter() const { return parameter_; }

  // A view for the ABI; valid as long as this object.
  pictor_error view() const noexcept;

 private:
  Status status_;
  std::uint32_t flags_ = 0;
  int http_status_ = 0;
  std::int64_t retry_after_ms_ = -1;
  std::string parameter_, provider_code_, request_id_, details_json_;
};

// The exception being handled, as an Error. For catch blocks.
inline Error current_error() {
  try {
    throw;
  } catch (const Error &error) {
    return error;
  } catch (const std::bad_alloc &) {
    return Error(Status::resource_exhausted, "out of memory");
  } catch (const std::exception &error) {
    return Error(Status::internal, error.what());
  } catch (...) {
    return Error(Status::internal, "the plugin threw something that is no std::exception");
  }
}

namespace detail {

inline pictor_str view(const std::string &text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace detail

inline pictor_error Error::view() const noexcept {
  pictor_error error{};
  error.struct_size = sizeof error;
  error.status = static_cast<pictor_status>(status_);
  error.flags = flags_;
  error.http_status = http_status_;
  error.retry_after_ms = retry_after_ms_;
  error.message = {what(), std::char_traits<char>::length(what())};
  error.provider_code = detail::view(provider_code_);
  error.provider_request_id = detail::view(request_id_);
  error.param_id = detail::view(parameter_);
  error.details_json = detail::view(details_json_);
  return error;
}

}  // namespace v1
}  // namespace pictor
