#include "batch_line.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace pictor::openai;
using Json = nlohmann::json;

namespace {

std::vector<std::string> cut(std::string_view text, std::size_t portion, std::size_t most = 100) {
  LineCutter cutter(most);
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  for (std::size_t at = 0; at < text.size(); at += portion) {
    cutter.feed(text.substr(at, portion), keep);
  }
  cutter.end(keep);
  return lines;
}

}  // namespace

TEST_CASE("a batch's line is the request under its own id") {
  const Json line = Json::parse(batch_line("row-\"1\"", "/v1/images/generations", R"({"n":2})"));
  CHECK(line == Json{{"custom_id", "row-\"1\""},
                     {"method", "POST"},
                     {"url", "/v1/images/generations"},
                     {"body", {{"n", 2}}}});
}

TEST_CASE("lines of an output file are answers, refusals, or reasons why nothing was run") {
  const auto answer = read_batch_line(
      R"({"custom_id":"a","response":{"status_code":200,"request_id":"req_1","body":{"data":[]}}})");
  REQUIRE(answer);
  CHECK(answer->custom_id == "a");
  CHECK(answer->answer.status == 200);
  CHECK(answer->answer.headers.find("x-request-id") == "req_1");
  CHECK(answer->answer.body == R"({"data":[]})");
  const auto expired = read_batch_line(
      R"({"custom_id":"b","response":null,"error":{"code":"batch_expired","message":"late"}})");
  REQUIRE(expired);
  CHECK(expired->answer.status == 0);
  CHECK(expired->code == "batch_expired");
  for (const char *none : {"", "null", "[]", "{", R"({"custom_id":5})", R"({"response":{}})"}) {
    CHECK_FALSE(read_batch_line(none));
  }
}

TEST_CASE("a batch tells its state, its files and why it failed") {
  const auto state = read_batch(Json::parse(
      R"({"id":"batch_1","status":"failed","input_file_id":"file-1","created_at":7,
          "errors":{"data":[{"code":"invalid_json_line","message":"line 3"}]},
          "request_counts":{"total":5,"completed":3,"failed":2},"output_file_id":null})"));
  REQUIRE(state);
  CHECK(state->ended());
  CHECK(state->input_file == "file-1");
  CHECK(state->output_file.empty());
  CHECK(state->message == "line 3");
  CHECK(state->completed == 3);
  CHECK_FALSE(read_batch(Json::parse(R"({"id":"batch_1","status":"in_progress"})"))->ended());
  CHECK_FALSE(read_batch(Json::parse(R"({"object":"list"})")));
  CHECK_FALSE(read_batch(Json::array()));
}

TEST_CASE("a ticket is read back as it was written; other texts are none") {
  const auto ticket = ticket_of(text_of({"file-1", "row-7", 1795348800}));
  REQUIRE(ticket);
  CHECK(ticket->file == "file-1");
  CHECK(ticket->custom_id == "row-7");
  CHECK(ticket->uploaded_at == 1795348800);
  for (const char *none :
       {"", "x", "{}", R"({"batch_file":"f"})", R"({"batch_file":1,"custom_id":"a"})"}) {
    CHECK_FALSE(ticket_of(none));
  }
}

TEST_CASE("lines come out whole, however the bytes are cut") {
  const std::string text = "one\n\ntwo\r\nthree";
  for (std::size_t portion = 1; portion <= text.size(); ++portion) {
    CHECK(cut(text, portion) == std::vector<std::string>{"one", "two\r", "three"});
  }
}

TEST_CASE("a line that is too long is left out, and the next one is not") {
  const std::string text = std::string(50, 'x') + "\nshort\n";
  for (const std::size_t portion : {1, 7, 60}) {
    CHECK(cut(text, portion, 20) == std::vector<std::string>{"short"});
  }
}
