#include "remote/json_body.hpp"
#include "support/catch.hpp"

#include <string>

using nlohmann::json;
using pictor::remote::parse_json;

namespace {

const std::string picture(100'000, 'A');

// What the library makes of it, character by character.
json plainly(const std::string &body) {
  return json::parse(body, nullptr, false);
}

std::string nested(std::size_t levels, const std::string &inner) {
  return std::string(levels, '[') + inner + std::string(levels, ']');
}

}  // namespace

TEST_CASE("an answer is read as the JSON library reads it") {
  const std::string bodies[] = {
      "",
      "{}",
      "no JSON",
      R"({"data":[{"b64_json":")" + picture + R"("}],"size":"64x64"})",
      R"([")" + picture + R"(",")" + picture + "B" + R"(", 3, null, "short"])",
      R"({")" + picture + R"(" : 1, "b": ")" + picture + "\"}",                // a long key
      R"({"a":")" + picture + R"(\n", "b":")" + picture + R"(\\"})",           // escapes in it
      R"({"quote":"\"","slash":"\\\\","a":")" + picture + "\"}",               // escapes before it
      R"({"a":")" + picture + "\xC3\xA9" + R"(","b":")" + picture + R"( "})",  // no base64
      R"({"a":"\u00000","b":")" + picture + "\"}",  // as if it were a stand-in
      R"({"a":")" + picture,                        // cut off
      R"({"a":")" + picture + "\"",
      R"({"a":")" + picture + "\n\"}",
      "\"" + picture + "\"",
  };
  for (const std::string &body : bodies) {
    CAPTURE(body.substr(0, 40));
    const json read = parse_json(body), expected = plainly(body);
    CHECK(read.is_discarded() == expected.is_discarded());
    if (!expected.is_discarded()) CHECK(read == expected);
  }
}

TEST_CASE("a body that nests a million deep is read without recursion") {
  constexpr std::size_t levels = 1'000'000;
  const json read = parse_json(nested(levels, "\"" + picture + "\""));
  const json *value = &read;
  for (std::size_t i = 0; i < levels; ++i) value = &(*value)[0];
  CHECK(*value == picture);
}
