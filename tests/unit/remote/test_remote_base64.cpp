#include "remote/base64.hpp"
#include "support/catch.hpp"

#include <string>

using pictor::remote::from_base64;
using pictor::remote::to_base64;

namespace {

// The text, or "invalid".
std::string decoded(const std::string &text) {
  const auto bytes = from_base64(text);
  return bytes ? std::string(bytes->begin(), bytes->end()) : "invalid";
}

}  // namespace

TEST_CASE("base64 has the examples of RFC 4648") {
  const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto &[plain, text] : examples) {
    CHECK(to_base64(plain) == text);
    CHECK(decoded(text) == plain);
    CHECK(decoded(text.substr(0, text.find('='))) == plain);
  }
}

TEST_CASE("base64 comes back as it went, at every length and with every byte") {
  std::string bytes;
  for (int i = 0; i < 700; ++i) {
    CHECK(decoded(to_base64(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST_CASE("base64 may be broken into lines anywhere") {
  const std::string text = to_base64("the picture of a fox");
  for (const std::string gap : {"\n", "\r\n", " ", "\t"}) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      CHECK(decoded(text.substr(0, at) + gap + text.substr(at)) == "the picture of a fox");
    }
  }
  CHECK(decoded("  \n") == "");
}

TEST_CASE("base64 of a data URL is read behind its prefix") {
  CHECK(decoded("data:image/png;base64,Zm9v") == "foo");
  CHECK(decoded("data:;base64,Zm9v") == "foo");
  CHECK(decoded("data:image/svg+xml;charset=utf-8;base64,Zm9v") == "foo");
  CHECK(decoded("data:image/svg+xml,<svg/>") == "invalid");
  CHECK(decoded("data:image/png;base64") == "invalid");
}

TEST_CASE("what is not base64 is refused") {
  for (const std::string text : {"Z", "Zm9vY", "Zg=", "Zg===", "=", "====", "Zg==Zg==", "Zm9v!",
                                 "Zm_-", "Zm9v=x", "Z=g=", "<html>", "null?", "Zm9v\xC3\xA4"}) {
    CAPTURE(text);
    CHECK(decoded(text) == "invalid");
  }
  CHECK(decoded(std::string("Zm\0v", 4)) == "invalid");
}
