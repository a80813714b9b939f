#include "remote/sse.hpp"
#include "support/catch.hpp"
#include <pictor/error.hpp>

#include <string>
#include <vector>

using pictor::remote::EventStream;
using pictor::remote::ServerEvent;

namespace {

struct Read {
  std::vector<std::pair<std::string, std::string>> events;
  bool unfinished = false;
};

bool operator==(const Read &a, const Read &b) {
  return a.events == b.events && a.unfinished == b.unfinished;
}

Read read(const std::vector<std::string> &chunks) {
  EventStream stream;
  Read result;
  for (const std::string &chunk : chunks) {
    stream.feed(chunk, [&](ServerEvent event) {
      result.events.emplace_back(std::move(event.event), std::move(event.data));
    });
  }
  result.unfinished = stream.unfinished();
  return result;
}

std::string with_ends(std::string text, const std::string &end) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += end.size()) {
    text.replace(at, 1, end);
  }
  return text;
}

const std::string sample =
    "\xEF\xBB\xBF: a comment\n"
    "event: image_generation.partial_image\n"
    "data: {\"b64_json\":\n"
    "data:  \"QUJD\"}\n"
    "id: 7\n"
    "\n"
    "\n"
    "event: forgotten\n"
    "\n"
    "data\n"
    "\n"
    "retry: 100\n"
    "data:[DONE]\n"
    "\n";

const Read expected = {{{"image_generation.partial_image", "{\"b64_json\":\n \"QUJD\"}"},
                        {"message", ""},
                        {"message", "[DONE]"}},
                       false};

}  // namespace

TEST_CASE("an event stream is read the same wherever it is cut") {
  for (const std::string end : {"\n", "\r", "\r\n"}) {
    const std::string text = with_ends(sample, end);
    CHECK(read({text}) == expected);
    for (std::size_t first = 0; first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) {
        const Read cut =
            read({text.substr(0, first), text.substr(first, second - first), text.substr(second)});
        if (!(cut == expected)) FAIL("cut at " << first << " and " << second);
      }
    }
    std::vector<std::string> bytes;
    for (const char c : text) bytes.emplace_back(1, c);
    CHECK(read(bytes) == expected);
  }
}

TEST_CASE("an event stream that ends inside an event says so") {
  CHECK_FALSE(read({""}).unfinished);
  CHECK_FALSE(read({"data: a\n\n"}).unfinished);
  CHECK_FALSE(read({"data: a\n\n: goodbye"}).unfinished);
  CHECK(read({"data: a\n"}).unfinished);
  CHECK(read({"data: a"}).unfinished);
  CHECK(read({"event: b\n"}).unfinished);
  CHECK(read({"data: a\n"}).events.empty());
}

TEST_CASE("a byte order mark belongs to the start of a stream alone") {
  CHECK(read({"data: a\n\n\xEF\xBB\xBF"
              "data: b\n\n"})
            .events.size() == 1);
}

TEST_CASE("an event without an end is refused at its limit") {
  EventStream stream(1000);
  const auto ignore = [](ServerEvent) {};
  const auto endless = [&](const std::string &chunk) {
    for (int i = 0; i < 100; ++i) stream.feed(chunk, ignore);
  };
  SECTION("in one line") {
    CHECK_THROWS_AS(endless(std::string(100, 'x')), pictor::Error);
  }
  SECTION("in many lines") {
    CHECK_THROWS_AS(endless("data: 0123456789\n"), pictor::Error);
  }
  SECTION("in empty lines of data") {
    CHECK_THROWS_AS(
        [&] {
          for (int i = 0; i < 100; ++i) endless("data:\n");
        }(),
        pictor::Error);
  }
  SECTION("not events that end") {
    for (int i = 0; i < 1000; ++i) CHECK_NOTHROW(stream.feed("data: 0123456789\n\n", ignore));
  }
}
