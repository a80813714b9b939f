#include "remote/base64.hpp"
#include "remote/pictures.hpp"
#include "support/catch.hpp"

#include <string>

using namespace pictor::remote;

namespace {

std::vector<std::uint8_t> bytes_of(const std::string &text) {
  return {text.begin(), text.end()};
}

std::string type_of(const std::string &text) {
  return std::string(media_type_of(bytes_of(text)));
}

// "" for a picture, else what the error says.
std::string complaint(const std::string &text, bool bills = false) {
  try {
    picture_from(bytes_of(text), bills);
    return {};
  } catch (const pictor::Error &error) {
    CHECK(error.status() == pictor::Status::protocol);
    CHECK(error.view().flags == (bills ? std::uint32_t{PICTOR_ERROR_BILLED} : 0u));
    return error.what();
  }
}

std::string chunk(const std::string &type, const std::string &content) {
  const auto size = static_cast<std::uint32_t>(content.size());
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift);
  return text + type + content + "crc.";
}

const std::string png = "\x89PNG\r\n\x1A\n" + chunk("IHDR", "0123456789abc") +
                        chunk("IDAT", std::string(100, 'x')) + chunk("IEND", "");
const std::string thumbnail = std::string("\xFF\xD8") + "small" + "\xFF\xD9";
const std::string jpeg = std::string("\xFF\xD8\xFF\xE1\x00\x0B", 6) + thumbnail +
                         std::string("\xFF\xFF\xDA\x00\x04", 5) + "ab" + std::string(50, 'x') +
                         "\xFF\xD9";
const std::string webp = std::string("RIFF\x10\x00\x00\x00WEBPVP8L\x04\x00\x00\x00", 20) + "abcd";

}  // namespace

TEST_CASE("a picture is known by its first bytes") {
  CHECK(type_of(png) == "image/png");
  CHECK(type_of(jpeg) == "image/jpeg");
  CHECK(type_of(webp) == "image/webp");
  CHECK(type_of("GIF89a....") == "image/gif");
  CHECK(type_of("<svg xmlns='x'/>") == "image/svg+xml");
  CHECK(type_of("\xEF\xBB\xBF <?xml version='1.0'?>\n<svg/>") == "image/svg+xml");
  CHECK(type_of(std::string("\0\0\0\x18"
                            "ftypmif1\0\0\0\0"
                            "avifmiaf",
                            24)) == "image/avif");
  for (const std::string text : {"", "RIFF", "\x89PN", "<!doctype html><svg/>", "{}", "hello"}) {
    CHECK(type_of(text).empty());
  }
  CHECK(type_of("<?xml version='1.0'?><html><svg/></html>").empty());
}

TEST_CASE("a whole picture is kept to the byte") {
  for (const std::string &file : {png, jpeg, webp}) {
    const pictor::Image image = picture_from(bytes_of(file), true);
    CHECK(image.layout().size == file.size());
    CHECK(image.media_type() == type_of(file));
    CHECK(complaint(file + "trailer").empty());
  }
}

TEST_CASE("a cut picture is found, wherever it is cut") {
  for (const std::string &file : {png, jpeg, webp}) {
    for (std::size_t size = 12; size < file.size(); ++size) {
      CAPTURE(type_of(file), size);
      CHECK_THAT(complaint(file.substr(0, size), true), ContainsSubstring("is cut"));
    }
  }
}

TEST_CASE("what came instead of a picture is named") {
  CHECK_THAT(complaint(""), ContainsSubstring("nothing"));
  CHECK_THAT(complaint("<!DOCTYPE html><h1>Sign in</h1>", true),
             ContainsSubstring("an HTML page: \"Sign in\""));
  CHECK_THAT(complaint("{\"error\":\"gone\"}"), ContainsSubstring("JSON: \"{\"error\""));
  CHECK_THAT(complaint("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"),
             ContainsSubstring("XML: \"AccessDenied\""));
  CHECK_THAT(complaint("not here"), ContainsSubstring("text: \"not here\""));
  CHECK_THAT(complaint(std::string("\0\1\2\3", 4)),
             ContainsSubstring("4 bytes that begin with 00 01"));
}
