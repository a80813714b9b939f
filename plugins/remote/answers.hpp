#pragma once

#include "remote/http.hpp"
#include <pictor/error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::remote {

// How long the server asks to wait, at least 0: `retry-after-ms`, else `retry-after` in seconds
// (fractions allowed) or as an HTTP date. Nothing when it is not told or makes no sense; longer
// than a day counts as a day.
std::optional<std::chrono::milliseconds> retry_after(const Headers &headers,
                                                     std::chrono::system_clock::time_point now);

// A duration such as "1s", "6m0s", "20ms", "1h2m3.5s", or plain seconds.
std::optional<std::chrono::milliseconds> duration_of(std::string_view text);

// What an HTTP status says before any provider's own words: 400, 405, 413, 415, 422
// invalid_argument; 401 unauthenticated; 402 quota_exhausted; 403 permission_denied; 404, 410
// not_found; 408 and 504 timeout; 409 and 425 unavailable; 429 rate_limited; 501 unsupported; other
// 5xx unavailable; anything else protocol.
Status status_of(int http_status);

// An error with status, Retry-After, request id (x-request-id, request-id, apim-request-id) and
// `x-should-retry` (true: retry_safe, false: retry_never) of an answer. 408, 409, 425, 429 and 503
// are retry_safe: nothing was drawn. 504 and 520 to 524 of a request that bills are maybe_billed:
// the server behind the gateway may have drawn.
Error error_of(const HttpAnswer &answer, const std::string &message, bool bills);

// The same for a request without an answer. Sent and `bills`: maybe_billed; not sent: retry_safe.
// TLS without trust, a bad URL and a missing secret are no weather: retry_never. `who` is what
// failed: "the OpenAI API at api.openai.com".
Error error_of(const TransferFailure &failure, const std::string &who, bool bills);

// `base` under another status and message: what a provider's own words make of an answer.
Error restated(const Error &base, Status status, const std::string &message);

// A body that is no JSON, as one line of text for a message: HTML tags left out, spaces joined, at
// most `limit` bytes of valid UTF-8.
std::string readable(std::string_view body, std::size_t limit = 300);

}  // namespace pictor::remote
