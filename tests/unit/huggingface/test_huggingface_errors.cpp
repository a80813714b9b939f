#include "provider_error.hpp"
#include "support/catch.hpp"
#include <pictor/error.hpp>

using namespace pictor::huggingface;
using pictor::Error;
using pictor::Status;
using pictor::remote::Headers;
using pictor::remote::HttpAnswer;

namespace {

Place place(bool dedicated = false) {
  Place place;
  place.provider = &together;
  place.routed = !dedicated;
  place.dedicated = dedicated;
  place.served.hub_id = "a/b";
  place.who = "together through router.huggingface.co";
  place.key_advice = "check the key";
  return place;
}

Error error(int status, const std::string &body, Headers headers = {}, bool dedicated = false) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = body;
  answer.headers = std::move(headers);
  return error_of_answer(answer, place(dedicated));
}

bool has(const Error &error, std::uint32_t flag) {
  return (error.view().flags & flag) != 0;
}

}  // namespace

TEST_CASE("words are found in every shape of body") {
  const auto words = [](const std::string &body) {
    HttpAnswer answer;
    answer.body = body;
    return told_words(answer);
  };
  CHECK(words(R"({"error":"no"})") == "no");
  CHECK(words(R"({"error":["a","b"]})") == "a; b");
  CHECK(words(R"({"error":{"message":"no","type":"x"}})") == "no");
  CHECK(words(R"({"errors":[{"message":"a"},{"message":"b"}]})") == "a; b");
  CHECK(words(R"({"detail":[{"loc":["body","steps"],"msg":"too many"}]})") == "too many");
  CHECK(words(R"({"message":"no"})") == "no");
  CHECK(words("<html><body>Bad <b>Gateway</b></body></html>") == "Bad Gateway");
  CHECK(words("plain") == "plain");
  CHECK(words("").empty());
  CHECK(words(R"({"x":1})") == R"({"x":1})");
  CHECK(words(R"({"error":{"error":{"error":{"error":{"error":{"error":"deep"}}}}}})").size() <
        700);
}

TEST_CASE("what an answer means") {
  CHECK(error(400, R"({"error":"multiples of 8"})").status() == Status::invalid_argument);
  CHECK(error(402, R"({"error":"credits"})").status() == Status::quota_exhausted);
  CHECK(error(400, R"({"error":"Insufficient balance"})").status() == Status::quota_exhausted);
  CHECK_THAT(error(402, "").what(), ContainsSubstring("bill_to"));
  CHECK_THAT(error(401, "").what(), ContainsSubstring("check the key"));
  const Error gated = error(403, "{}", {{"X-Error-Code", "GatedRepo"}});
  CHECK(gated.status() == Status::permission_denied);
  CHECK_THAT(gated.what(), ContainsSubstring("https://huggingface.co/a/b"));
  CHECK(error(422, R"({"error":"NSFW content detected"})").status() == Status::content_rejected);
  CHECK(error(400, R"({"error":{"code":"1301","message":"x"}})").status() ==
        Status::content_rejected);
  CHECK(error(200, R"({"error":"x"})").status() == Status::protocol);
  CHECK(error(422, R"({"detail":[{"loc":["body","steps"],"msg":"x"}]})").parameter() ==
        "num_inference_steps");
}

TEST_CASE("waits are told in several ways") {
  CHECK(error(429, "", {{"retry-after", "7"}, {"ratelimit", "\"api\";r=0;t=55"}})
            .view()
            .retry_after_ms == 7000);
  CHECK(error(429, "", {{"ratelimit", "\"api\";r=0;t=55"}}).view().retry_after_ms == 55'000);
  CHECK(error(429, "", {{"ratelimit", "\"api\";r=3;t=55"}}).view().retry_after_ms == -1);
  const Error loading = error(503, R"({"error":"Model x is loading","estimated_time":20.0})");
  CHECK(loading.view().retry_after_ms == 20'000);
  CHECK(has(loading, PICTOR_ERROR_RETRY_SAFE));
  CHECK(error(503, R"({"error":"x","estimated_time":1e9})").view().retry_after_ms == 120'000);
  CHECK(error(503, R"({"error":"x","estimated_time":-4})").view().retry_after_ms == -1);
}

TEST_CASE("an endpoint costs by the hour, a provider by the picture") {
  CHECK(has(error(504, ""), PICTOR_ERROR_MAYBE_BILLED));
  CHECK_FALSE(has(error(504, "", {}, true), PICTOR_ERROR_MAYBE_BILLED));
  const Error paused = error(400, R"({"error":"The endpoint is paused"})", {}, true);
  CHECK(paused.status() == Status::unavailable);
  CHECK(has(paused, PICTOR_ERROR_RETRY_NEVER));
  CHECK(error(400, R"({"error":"paused"})").status() == Status::invalid_argument);
}

TEST_CASE("a queued picture that failed") {
  Reply reply;
  reply.message = "NSFW content detected";
  const HttpAnswer answer;
  Error made = error_of_reply(reply, answer, place());
  CHECK(made.status() == Status::content_rejected);
  CHECK(has(made, PICTOR_ERROR_AFTER_DRAWING));
  reply.message = "CUDA out of memory";
  made = error_of_reply(reply, answer, place());
  CHECK(made.status() == Status::unavailable);
}
