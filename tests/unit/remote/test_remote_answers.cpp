#include "remote/answers.hpp"
#include "support/catch.hpp"

using namespace pictor::remote;
using pictor::Error;
using pictor::Status;
using std::chrono::milliseconds;
using Kind = TransferFailure::Kind;

namespace {

// Milliseconds; -1: nothing.
std::int64_t wait_of(const Headers &headers) {
  // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110
  const auto now = std::chrono::system_clock::from_time_t(784111777);
  const auto wait = retry_after(headers, now);
  return wait ? wait->count() : -1;
}

std::int64_t duration(const char *text) {
  const auto found = duration_of(text);
  return found ? found->count() : -1;
}

std::uint32_t flags_of(const Error &error) {
  return error.view().flags;
}

Error error_at(int status, const Headers &headers = {}, bool bills = true) {
  HttpAnswer answer;
  answer.status = status;
  answer.headers = headers;
  return error_of(answer, "words", bills);
}

Error error_at(Kind kind, bool sent, bool bills = true) {
  TransferFailure failure;
  failure.kind = kind;
  failure.message = "curl's words";
  failure.sent = sent;
  return error_of(failure, "the API", bills);
}

}  // namespace

TEST_CASE("Retry-After comes in milliseconds, seconds and dates") {
  CHECK(wait_of({}) == -1);
  CHECK(wait_of({{"Retry-After", "3"}}) == 3000);
  CHECK(wait_of({{"retry-after", "0.25"}}) == 250);
  CHECK(wait_of({{"retry-after", "0"}}) == 0);
  CHECK(wait_of({{"retry-after-ms", "1500"}, {"retry-after", "9"}}) == 1500);
  CHECK(wait_of({{"retry-after-ms", "soon"}, {"retry-after", "9"}}) == 9000);
  CHECK(wait_of({{"Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT"}}) == 20'000);
  CHECK(wait_of({{"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}}) == 0);
  CHECK(wait_of({{"Retry-After", "100000000000"}}) == 86'400'000);
  CHECK(wait_of({{"Retry-After", "Sun, 06 Nov 2094 08:49:57 GMT"}}) == 86'400'000);
  for (const char *text : {"", "-1", "nan", "inf", "later", "1 minute", "0x10"}) {
    CAPTURE(text);
    CHECK(wait_of({{"Retry-After", text}}) == -1);
  }
}

TEST_CASE("rate limits are reset after durations") {
  CHECK(duration("1s") == 1000);
  CHECK(duration("6m0s") == 360'000);
  CHECK(duration("20ms") == 20);
  CHECK(duration("1h2m3.5s") == 3'723'500);
  CHECK(duration("1d") == 86'400'000);
  CHECK(duration("59.9") == 59'900);
  CHECK(duration("0") == 0);
  CHECK(duration("1500us") == 2);
  for (const char *text : {"", "s", "1x", "-1s", "-1", "1s2", "1.2.3s", "nan", "1e400", "1e300"}) {
    CAPTURE(text);
    CHECK(duration(text) == -1);
  }
}

TEST_CASE("an HTTP status says what kind of error it is") {
  const std::pair<int, Status> known[] = {
      {400, Status::invalid_argument}, {401, Status::unauthenticated},
      {402, Status::quota_exhausted},  {403, Status::permission_denied},
      {404, Status::not_found},        {405, Status::invalid_argument},
      {408, Status::timeout},          {409, Status::unavailable},
      {410, Status::not_found},        {413, Status::invalid_argument},
      {415, Status::invalid_argument}, {422, Status::invalid_argument},
      {425, Status::unavailable},      {429, Status::rate_limited},
      {500, Status::unavailable},      {501, Status::unsupported},
      {503, Status::unavailable},      {504, Status::timeout},
      {529, Status::unavailable},      {418, Status::protocol},
      {302, Status::protocol},         {204, Status::protocol},
      {999, Status::protocol}};
  for (const auto &[code, status] : known) {
    CAPTURE(code);
    CHECK(status_of(code) == status);
  }
}

TEST_CASE("an error answer says whether it may be asked again") {
  for (const int code : {408, 409, 425, 429, 503}) {
    CHECK(flags_of(error_at(code)) == PICTOR_ERROR_RETRY_SAFE);
  }
  for (const int code : {504, 520, 522, 524}) {
    CHECK(flags_of(error_at(code)) == PICTOR_ERROR_MAYBE_BILLED);
    CHECK(flags_of(error_at(code, {}, false)) == 0);
    CHECK(flags_of(error_at(code, {{"x-should-retry", "true"}})) == PICTOR_ERROR_MAYBE_BILLED);
  }
  CHECK(flags_of(error_at(400)) == 0);
  CHECK(flags_of(error_at(500)) == 0);
  CHECK(flags_of(error_at(500, {{"x-should-retry", "true"}})) == PICTOR_ERROR_RETRY_SAFE);
  CHECK(flags_of(error_at(429, {{"x-should-retry", "false"}})) == PICTOR_ERROR_RETRY_NEVER);

  const Error error = error_at(
      429, {{"apim-request-id", "other"}, {"X-Request-Id", "req_1"}, {"Retry-After", "2"}});
  const pictor_error view = error.view();
  CHECK(view.http_status == 429);
  CHECK(view.retry_after_ms == 2000);
  CHECK(std::string(view.provider_request_id.data, view.provider_request_id.size) == "req_1");
  CHECK(std::string(error.what()) == "words");
}

TEST_CASE("a request without an answer may have been billed once it was sent") {
  for (const Kind kind : {Kind::resolve, Kind::connect, Kind::timeout, Kind::reset, Kind::other}) {
    CHECK(flags_of(error_at(kind, false)) == PICTOR_ERROR_RETRY_SAFE);
    CHECK(flags_of(error_at(kind, true)) == PICTOR_ERROR_MAYBE_BILLED);
    CHECK(flags_of(error_at(kind, true, false)) == PICTOR_ERROR_RETRY_SAFE);
  }
  for (const Kind kind : {Kind::tls, Kind::bad_url, Kind::no_secret}) {
    CHECK(flags_of(error_at(kind, false)) == PICTOR_ERROR_RETRY_NEVER);
  }
  CHECK(flags_of(error_at(Kind::redirects, true)) ==
        (PICTOR_ERROR_RETRY_NEVER | PICTOR_ERROR_MAYBE_BILLED));
  CHECK(error_at(Kind::connect, false).status() == Status::unavailable);
  CHECK(error_at(Kind::timeout, false).status() == Status::timeout);
  CHECK(error_at(Kind::cancelled, false).status() == Status::cancelled);
  CHECK(error_at(Kind::no_secret, false).status() == Status::unauthenticated);
  CHECK(error_at(Kind::undecodable, true).status() == Status::protocol);
  CHECK_THAT(error_at(Kind::connect, false).what(), ContainsSubstring("cannot reach the API"));
}

TEST_CASE("a page becomes one line") {
  CHECK(readable("") == "");
  CHECK(readable("  plain\r\n\ttext ") == "plain text");
  CHECK(readable("<html><head><title>502 Bad Gateway</title><style>a<b {}</style></head>\n"
                 "<!-- <b>not</b> this --><body><h1>Bad&nbsp;Gateway</h1></body></html>") ==
        "502 Bad Gateway Bad&nbsp;Gateway");
  CHECK(readable("1 < 2 and <3") == "1 < 2 and <3");
  CHECK(readable("<script>alert(1)") == "");
  CHECK(readable("a\x01"
                 "b\xFF"
                 "c\xC0\xAF") == "a b?c??");
  CHECK(readable("<") == "<");
}

TEST_CASE("a long page is cut between characters") {
  const std::string text = "aa\xC3\xA4\xF0\x9F\xA6\x8A\xE2\x82\xAC and so on";
  for (std::size_t limit = 0; limit <= text.size() + 1; ++limit) {
    const std::string cut = readable(text, limit);
    CAPTURE(limit, cut);
    CHECK(cut.size() <= limit);
    CHECK(readable(cut, 1000) == cut);  // still valid UTF-8
  }
  CHECK(readable(text, text.size()) == text);
  CHECK(readable(std::string(1000, 'x'), 10) == "xxxxxxx...");
}
