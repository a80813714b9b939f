#include "base/foreign_json.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

}  // namespace

TEST_CASE("foreign JSON is read up to a depth") {
  CHECK(parse_foreign_json(R"({"a": [1, null, "\u00e9"]})") ==
        Json{{"a", Json::array({1, nullptr, "é"})}});
  CHECK(parse_foreign_json("null") == Json(nullptr));
  CHECK(parse_foreign_json(nested(deepest_json))->dump() == nested(deepest_json));
  CHECK_FALSE(parse_foreign_json(nested(deepest_json + 1)));
  CHECK_FALSE(parse_foreign_json(nested(1'000'000)));
}

TEST_CASE("foreign MessagePack is read up to a depth, and no stack overflows before") {
  const auto packed = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '\x91') + '\xc0';
  };
  CHECK(parse_foreign_msgpack("\x81\xa1\x61\x01") == Json{{"a", 1}});
  CHECK(parse_foreign_msgpack(packed(deepest_json)));
  CHECK_FALSE(parse_foreign_msgpack(packed(deepest_json + 1)));
  CHECK_FALSE(parse_foreign_msgpack(packed(10'000'000)));
  CHECK_FALSE(parse_foreign_msgpack("\x92\x01"));
}

TEST_CASE("what is no JSON is nothing") {
  for (const char *text : {"", "{", "[1,]", "nul", "{\"a\": \xff}", "1 2"}) {
    CHECK_FALSE(parse_foreign_json(text));
  }
}
