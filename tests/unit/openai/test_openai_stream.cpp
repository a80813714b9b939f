#include "image_stream.hpp"
#include "support/catch.hpp"

using namespace pictor::openai;
using Kind = StreamEvent::Kind;

namespace {

Kind kind_of(const std::string &event, const std::string &data) {
  return stream_event_of({event, data}).kind;
}

pictor::remote::HttpAnswer head(const std::string &type, int status = 200) {
  pictor::remote::HttpAnswer answer;
  answer.status = status;
  answer.headers.set("Content-Type", type);
  return answer;
}

}  // namespace

TEST_CASE("events of both routes, told by their data or their name") {
  CHECK(kind_of("x", R"({"type":"image_generation.partial_image"})") == Kind::partial);
  CHECK(kind_of("image_edit.partial_image", "{}") == Kind::partial);
  CHECK(kind_of("message", R"({"type":"image_edit.completed"})") == Kind::completed);
  CHECK(kind_of("error", R"({"message":"boom"})") == Kind::error);
  CHECK(kind_of("message", R"({"error":{"message":"boom"}})") == Kind::error);
  CHECK(kind_of("message", R"({"type":"error"})") == Kind::error);
  CHECK(kind_of("x.completed", R"({"error":null})") == Kind::completed);
  CHECK(kind_of("message", "[DONE]") == Kind::end);
  CHECK(kind_of("ping", "{}") == Kind::other);
  CHECK(kind_of("x.completed", "{cut") == Kind::broken);
  CHECK(kind_of("x.completed", "[1]") == Kind::broken);
}

TEST_CASE("a stream is fed in pieces, and taken once") {
  StreamedAnswer answer;
  const auto stream = head("text/event-stream; charset=utf-8");
  CHECK_FALSE(answer.feed(stream, "event: image_generation.completed\r\nda"));
  CHECK(answer.take().empty());
  CHECK(answer.feed(stream, "ta: {\"b64_json\":\"x\"}\r\n\r\n"));
  const auto events = answer.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == Kind::completed);
  CHECK(events[0].data["b64_json"] == "x");
  CHECK(answer.take().empty());
  CHECK(answer.is_stream());
}

TEST_CASE("an answer that is no stream keeps its body") {
  for (const auto &other : {head("application/json"), head("text/event-stream", 400)}) {
    StreamedAnswer answer;
    CHECK_FALSE(answer.feed(other, "{\"a\":"));
    CHECK_FALSE(answer.feed(other, "1}"));
    CHECK_FALSE(answer.is_stream());
    CHECK(answer.take_body() == "{\"a\":1}");
  }
}
