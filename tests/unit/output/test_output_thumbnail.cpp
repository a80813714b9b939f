#include "output/thumbnail.hpp"
#include "pictures.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

std::string png(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  return std::get<std::string>(
      encode_picture(gradient(width, height, channels), {ImageFormat::png}, {}));
}

ImageInfo info_of(const std::string &bytes) {
  return std::get<ImageInfo>(check_image(std::get<std::string>(thumbnail(bytes, 32))));
}

}  // namespace

TEST_CASE("a thumbnail keeps the shape and is a JPEG") {
  const ImageInfo wide = info_of(png(100, 50, 4));
  CHECK(wide.format == ImageFormat::jpeg);
  CHECK(wide.width == 32);
  CHECK(wide.height == 16);
  CHECK(info_of(png(1, 5000, 3)).width == 1);
  CHECK(info_of(png(20, 10, 1)).width == 20);
}

TEST_CASE("the pixels of a thumbnail are means") {
  std::vector<std::uint8_t> half(64 * 64);
  for (std::size_t i = 0; i < half.size(); ++i) half[i] = i % 2 == 0 ? 0 : 200;
  const std::string bytes =
      std::get<std::string>(encode_picture(raw_picture(64, 64, 1, half), {ImageFormat::png}, {}));
  const auto decoded = decode_image(std::get<std::string>(thumbnail(bytes, 32)));
  for (const std::uint8_t value : std::get<Pixels>(decoded).bytes) {
    REQUIRE(value > 95);
    REQUIRE(value < 105);
  }
}

TEST_CASE("bytes that are no picture have no thumbnail") {
  CHECK(std::holds_alternative<Failure>(thumbnail("no picture", 32)));
}
