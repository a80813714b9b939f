#include "output/decode.hpp"
#include "support/catch.hpp"
#include "unit/output/pictures.hpp"

#include <cstdio>

using namespace pictor::host;
using namespace pictor::test;
using namespace std::string_literals;

namespace {

// A PNG with that header and a little data.
std::string png_of(std::uint32_t width, std::uint32_t height, int depth, int colour_type) {
  std::string header;
  for (const std::uint32_t side : {width, height}) {
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(side >> shift & 0xFF);
  }
  header += {static_cast<char>(depth), static_cast<char>(colour_type), 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", "x") +
         png_chunk("IEND", "");
}

const std::vector<ImageFormat> formats = {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp};

}  // namespace

TEST_CASE("images are known by their magic number") {
  CHECK(image_format("\x89PNG\r\n\x1a\n....") == ImageFormat::png);
  CHECK(image_format("\xFF\xD8\xFF\xE0") == ImageFormat::jpeg);
  CHECK(image_format("RIFF....WEBPVP8 ") == ImageFormat::webp);
  CHECK_FALSE(image_format("RIFF....WAVE").has_value());
  CHECK_FALSE(image_format("GIF89a").has_value());
  CHECK_FALSE(image_format("{\"error\": \"quota\"}").has_value());
  CHECK_FALSE(image_format("").has_value());
}

TEST_CASE("headers tell the shape") {
  for (const ImageFormat format : formats) {
    const std::string bytes = encoded(gradient(40, 30, 3), format);
    const ImageInfo info = value_of(read_image_info(bytes));
    CHECK(info.format == format);
    CHECK(info.width == 40);
    CHECK(info.height == 30);
    CHECK(info.channels == 3);
    CHECK(value_of(check_image(bytes)).width == 40);
  }
}

TEST_CASE("an image that is cut anywhere is recognised") {
  for (const ImageFormat format : formats) {
    EmbeddedSettings settings;
    settings.infotext = "a fox\nSteps: 1, Seed: 1, Size: 24x16, Version: x";
    const std::string bytes = encoded(gradient(24, 16, 3), format, 80, settings);
    CAPTURE(media_type(format), bytes.size());
    REQUIRE(std::holds_alternative<ImageInfo>(check_image(bytes)));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto result = check_image(bytes.substr(0, size));
      if (!std::holds_alternative<Failure>(result)) FAIL("cut at " << size << " passed");
      const Outcome outcome = std::get<Failure>(result).outcome;
      if (size >= 12 && outcome != Outcome::truncated) FAIL("cut at " << size);
    }
  }
}

TEST_CASE("damaged bytes never crash a decoder") {
  for (const ImageFormat format : formats) {
    const std::string bytes = encoded(gradient(24, 16, 3), format);
    std::size_t refused = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const unsigned char mask : {0x01, 0x80, 0xFF}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ mask);
        refused += std::holds_alternative<Failure>(decode_image(damaged));
      }
    }
    CHECK(refused > 0);
  }
}

TEST_CASE("a damaged PNG is found by its checksums") {
  std::string bytes = encoded(pattern(24, 16, 3), ImageFormat::png);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  const Failure failure = failure_of(check_image(bytes));
  CHECK(failure.outcome == Outcome::truncated);
  CHECK_THAT(failure.message, ContainsSubstring("the PNG is damaged"));
}

TEST_CASE("a bomb is refused before memory is taken") {
  CHECK(failure_of(check_image(png_of(60'000, 60'000, 8, 2))).outcome == Outcome::invalid);
  CHECK_THAT(failure_of(check_image(png_of(60'000, 60'000, 8, 2))).message,
             ContainsSubstring("60000 x 60000") && ContainsSubstring("1024 MiB"));
  CHECK(std::holds_alternative<Failure>(check_image(png_of(70'000, 1, 8, 2))));
  CHECK(std::holds_alternative<Failure>(read_image_info(png_of(0, 5, 8, 2))));
}

TEST_CASE("what is no image says so") {
  CHECK_THAT(failure_of(check_image("<html>502</html>")).message, ContainsSubstring("no image"));
  CHECK(failure_of(check_image("")).outcome == Outcome::truncated);
}

TEST_CASE("palettes, 16 bits, grey with alpha and interlacing become plain pixels") {
  // 2 x 2 pixels each.
  const std::string folder = PICTOR_TESTS_DIR "/unit/output/data/";
  const auto load = [&](const std::string &name) {
    std::FILE *file = std::fopen((folder + name).c_str(), "rb");
    REQUIRE(file != nullptr);
    std::string bytes(4096, '\0');
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    std::fclose(file);
    return value_of(decode_image(bytes));
  };
  const std::vector<std::uint8_t> colours = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  CHECK(load("palette.png").bytes == colours);
  CHECK(load("interlaced.png").bytes == colours);
  CHECK(load("grey16.png").bytes == std::vector<std::uint8_t>{0, 255, 128, 64});
  CHECK(load("grey_alpha.png").bytes ==
        std::vector<std::uint8_t>{9, 9, 9, 255, 9, 9, 9, 0, 200, 200, 200, 128, 0, 0, 0, 1});
}
