#include "error.hpp"
#include "pictures/decode.hpp"
#include "pictures/resize.hpp"
#include "reference_case.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "weights/safetensors.hpp"

#include <string>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

std::filesystem::path pictures() {
  return std::filesystem::path{PICTOR_TESTS_DIR} / "reference/pictures";
}

std::string bytes_of(const std::string &name) {
  return read_file(pictures() / name);
}

// What PIL made of a picture.
at::Tensor by_pil(const std::string &name) {
  static const SafetensorsFile file{pictures() / "pixels.safetensors"};
  return file.read(file.entries().at(name));
}

}  // namespace

TEST_CASE("every kind of file becomes the pixels that PIL reads") {
  for (const char *name : {"gradient.png", "alpha.png", "palette.png", "gray.png", "turned.jpg",
                           "gray.jpg", "lossless.webp"}) {
    INFO(name);
    const at::Tensor picture = decode_picture(bytes_of(name), "image");
    CHECK(picture.is_contiguous());
    CHECK(picture.equal(by_pil(name)));
  }
}

TEST_CASE("a stretched picture is PIL's to the bit") {
  const at::Tensor picture = by_pil("gradient.png");
  for (const auto &[width, height] :
       {std::pair{13, 9}, {26, 31}, {5, 4}, {13, 20}, {20, 5}, {12, 6}, {10, 4}}) {
    const std::string size = std::to_string(width) + "x" + std::to_string(height);
    INFO(size);
    CHECK(resize_lanczos(picture, height, width).equal(by_pil("gradient.png " + size)));
  }
  CHECK(to_gray(picture).squeeze(2).equal(by_pil("gradient.png L")));
}

TEST_CASE("a picture that cannot be read is refused by its parameter") {
  for (const char *name : {"gradient.png", "turned.jpg", "lossless.webp"}) {
    const std::string bytes = bytes_of(name);
    for (const size_t length : {size_t{0}, size_t{3}, size_t{12}, size_t{40}, bytes.size() / 2}) {
      INFO(name << ", " << length << " bytes");
      CHECK_THROWS_WITH(decode_picture(bytes.substr(0, length), "mask_image"),
                        ContainsSubstring("mask_image: the picture"));
    }
  }
  CHECK_THROWS_WITH(decode_picture("GIF89a", "image"), ContainsSubstring("PNG, JPEG or WebP"));
}

TEST_CASE("a picture that claims to be a giant is refused before it is decoded") {
  std::string bytes = bytes_of("gradient.png");
  bytes.replace(16, 4, std::string{"\x7F\x00\x00\x00", 4});  // IHDR's width
  CHECK_THROWS_AS(decode_picture(bytes, "image"), Error);
}
