#include "output/encode.hpp"
#include "support/catch.hpp"
#include "unit/output/pictures.hpp"

#include <cmath>
#include <limits>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// The largest difference between two pictures' values.
int distance(const Pixels &a, const Pixels &b) {
  REQUIRE(a.bytes.size() == b.bytes.size());
  int most = 0;
  for (std::size_t i = 0; i < a.bytes.size(); ++i)
    most = std::max(most, std::abs(a.bytes[i] - b.bytes[i]));
  return most;
}

}  // namespace

TEST_CASE("a PNG keeps every pixel") {
  for (const std::uint32_t channels : {1u, 3u, 4u}) {
    const Picture picture = pattern(37, 23, channels);
    const Pixels decoded = value_of(decode_image(encoded(picture, ImageFormat::png)));
    CHECK(decoded.width == 37);
    CHECK(decoded.height == 23);
    CHECK(decoded.channels == channels);
    CHECK(decoded.bytes == value_of(packed_pixels(picture)).bytes);
  }
}

TEST_CASE("pixels are found by their strides, whatever the layout") {
  const Picture plain = pattern(5, 4, 3);
  std::vector<std::uint8_t> planar(3 * 4 * 8, 0xEE);  // planes of rows that are padded to 8 bytes
  for (std::size_t i = 0; i < 60; ++i) {
    const std::size_t c = i % 3, x = i / 3 % 5, y = i / 15;
    planar[c * 32 + y * 8 + x] = plain.data.get()[i];
  }
  Picture picture = raw_picture(5, 4, 3, planar);
  picture.stride_c = 32;
  picture.stride_y = 8;
  picture.stride_x = 1;
  CHECK(value_of(packed_pixels(picture)).bytes == value_of(packed_pixels(plain)).bytes);
}

TEST_CASE("floats are clamped and rounded half to even, as diffusers does") {
  const Picture picture = float_picture(
      9, 1, 1, {0.0F, 1.0F, -3.0F, 7.0F, 0.5F, 0.1F, 1.5F / 255, 2.5F / 255, 254.4F / 255});
  CHECK(value_of(packed_pixels(picture)).bytes ==
        std::vector<std::uint8_t>{0, 255, 0, 255, 128, 26, 2, 2, 254});
}

TEST_CASE("a value that is no number is named by its position") {
  std::vector<float> values(3 * 4 * 3, 0.5F);
  values[(2 * 4 + 1) * 3 + 2] = std::numeric_limits<float>::quiet_NaN();
  values[(2 * 4 + 3) * 3] = std::numeric_limits<float>::infinity();
  const Failure failure = failure_of(encode_picture(float_picture(4, 3, 3, values), {}, {}));
  CHECK(failure.outcome == Outcome::internal);
  CHECK(failure.stage == "encode");
  CHECK_THAT(failure.message, ContainsSubstring("(nan) at x 1, y 2, channel 2"));
}

TEST_CASE("JPEG and WebP look like what was drawn") {
  const Picture picture = gradient(64, 48, 3);
  const Pixels pixels = value_of(packed_pixels(picture));
  const Pixels jpeg = value_of(decode_image(encoded(picture, ImageFormat::jpeg, 95)));
  CHECK(distance(jpeg, pixels) < 40);
  const Pixels webp = value_of(decode_image(encoded(picture, ImageFormat::webp, 95)));
  CHECK(webp.channels == 3);
  CHECK(encoded(picture, ImageFormat::jpeg, 30).size() <
        encoded(picture, ImageFormat::jpeg, 95).size());
  CHECK(encoded(picture, ImageFormat::webp, 30).size() <
        encoded(picture, ImageFormat::webp, 95).size());
}

TEST_CASE("every format takes grey and transparent pictures") {
  const auto channels = [](std::uint32_t from, ImageFormat format) {
    return value_of(read_image_info(encoded(pattern(20, 10, from), format))).channels;
  };
  CHECK(channels(1, ImageFormat::jpeg) == 1);
  CHECK(channels(1, ImageFormat::webp) == 3);
  CHECK(channels(4, ImageFormat::webp) == 4);
  CHECK(channels(4, ImageFormat::jpeg) == 3);
}

TEST_CASE("JPEG lays transparent pixels over white") {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 16 * 16; ++i) bytes.insert(bytes.end(), {0, 0, 0, 0});
  const Pixels clear =
      value_of(decode_image(encoded(raw_picture(16, 16, 4, bytes), ImageFormat::jpeg)));
  CHECK(clear.bytes == std::vector<std::uint8_t>(16 * 16 * 3, 255));
  CHECK(over_white(Pixels{1, 1, 4, {100, 0, 200, 128}}).bytes ==
        std::vector<std::uint8_t>{177, 127, 227});
}

TEST_CASE("what a format cannot hold is refused with the way out") {
  const Picture wide = pattern(20'000, 1, 3);
  CHECK_THAT(failure_of(encode_picture(wide, {ImageFormat::webp, 95}, {})).message,
             ContainsSubstring("at most 16383") && ContainsSubstring("choose format png"));
  CHECK(encoded(wide, ImageFormat::png).size() > 8);
  const Picture wider = pattern(65'530, 1, 1);
  CHECK_THAT(failure_of(encode_picture(wider, {ImageFormat::jpeg, 95}, {})).message,
             ContainsSubstring("choose format png"));
  Picture none = pattern(1, 1, 3);
  none.width = 0;
  CHECK(failure_of(encode_picture(none, {}, {})).outcome == Outcome::invalid);
  Picture two = pattern(2, 2, 1);
  two.channels = 2;
  CHECK_THAT(failure_of(encode_picture(two, {}, {})).message, ContainsSubstring("not 2"));
  Picture came_encoded = pattern(2, 2, 3);
  came_encoded.kind = Picture::Kind::encoded;
  CHECK(failure_of(encode_picture(came_encoded, {}, {})).outcome == Outcome::internal);
}
