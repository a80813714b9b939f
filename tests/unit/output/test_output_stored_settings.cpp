#include "output/exif.hpp"
#include "output/infotext.hpp"
#include "output/stored_settings.hpp"
#include "support/catch.hpp"
#include "unit/output/pictures.hpp"

#include <zlib.h>

using namespace pictor::host;
using namespace pictor::test;
using namespace std::string_literals;

namespace {

Json hostile_settings() {
  return {{"text", "a \"fox\"\nNegative prompt: — 狐 🦊 </script> \x01"},
          {"seed", 42},
          {"width", 16},
          {"height", 16},
          {"num_inference_steps", 20}};
}

std::string with_settings(ImageFormat format, const Json &settings) {
  EmbeddedSettings embedded;
  embedded.infotext = make_infotext(settings, "Pictor 0.1.0");
  embedded.pictor = settings;
  return encoded(gradient(16, 16, 3), format, 90, embedded);
}

std::string deflated(const std::string &text) {
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef *>(packed.data()), &size,
           reinterpret_cast<const Bytef *>(text.data()), text.size());
  packed.resize(size);
  return packed;
}

std::string png_with(const std::string &chunk) {
  const std::string png = encoded(gradient(4, 4, 3), ImageFormat::png);
  return png.substr(0, 33) + chunk + png.substr(33);  // behind the signature and IHDR
}

}  // namespace

TEST_CASE("settings come back out of every format") {
  for (const ImageFormat format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp}) {
    CAPTURE(media_type(format));
    const std::string bytes = with_settings(format, hostile_settings());
    CHECK(std::holds_alternative<ImageInfo>(check_image(bytes)));
    const auto stored = read_stored_settings(bytes);
    REQUIRE(stored);
    CHECK(stored->origin == StoredSettings::Origin::pictor);
    CHECK(stored->settings == hostile_settings());
    CHECK(parse_infotext(stored->text)["num_inference_steps"] == 20);
  }
}

TEST_CASE("a Latin-1 text stands in tEXt, another in iTXt, our JSON is ASCII") {
  const std::string latin = with_settings(ImageFormat::png, {{"text", "caf\u00e9"}});
  CHECK(latin.find("tEXtparameters\0caf\xE9"s) != std::string::npos);
  CHECK(latin.find("tEXtpictor\0{\"text\":\"caf\\u00e9\"}"s) != std::string::npos);
  const std::string other = with_settings(ImageFormat::png, {{"text", "狐"}});
  CHECK(other.find("iTXtparameters\0\0\0\0\0狐"s) != std::string::npos);
}

TEST_CASE("a picture without settings has none") {
  for (const ImageFormat format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp}) {
    CHECK_FALSE(read_stored_settings(encoded(gradient(8, 8, 3), format)).has_value());
  }
  CHECK_FALSE(read_stored_settings("no image").has_value());
}

TEST_CASE("AUTOMATIC1111's own pictures are read") {
  const std::string text = "a fox\nSteps: 20, Sampler: Euler, Seed: 7, Size: 4x4";
  for (const std::string &chunk : {png_chunk("tEXt", "parameters\0"s + text),
                                   png_chunk("zTXt", "parameters\0\0"s + deflated(text)),
                                   png_chunk("iTXt", "parameters\0\1\0en\0x\0"s + deflated(text)),
                                   png_chunk("iTXt", "parameters\0\0\0\0\0"s + text)}) {
    const auto stored = read_stored_settings(png_with(chunk));
    REQUIRE(stored);
    CHECK(stored->origin == StoredSettings::Origin::infotext);
    CHECK(stored->settings["seed"] == 7);
    CHECK(stored->settings["scheduler"] == "euler");
    CHECK(stored->text == text);
  }
}

TEST_CASE("a text that unpacks without end is left out") {
  const std::string bomb = deflated(std::string(20 << 20, 'a'));
  REQUIRE(bomb.size() < 100'000);
  CHECK(read_embedded_texts(png_with(png_chunk("zTXt", "parameters\0\0"s + bomb)))
            .parameters.empty());
  CHECK(
      read_embedded_texts(png_with(png_chunk("iTXt", "pictor\0\1\0\0\0"s + bomb))).pictor.empty());
}

TEST_CASE("settings too long for a JPEG's EXIF are left out, our JSON first") {
  Json settings = hostile_settings();
  settings["text"] = std::string(20'000, 'x');
  const auto shortened = read_stored_settings(with_settings(ImageFormat::jpeg, settings));
  REQUIRE(shortened);
  CHECK(shortened->origin == StoredSettings::Origin::infotext);
  CHECK(shortened->settings["prompt"] == settings["text"]);

  settings["text"] = std::string(200'000, 'x');
  CHECK_FALSE(read_stored_settings(with_settings(ImageFormat::jpeg, settings)).has_value());
  CHECK(read_stored_settings(with_settings(ImageFormat::webp, settings))->settings == settings);
  CHECK(read_stored_settings(with_settings(ImageFormat::png, settings))->settings == settings);
}

TEST_CASE("EXIF comments of either byte order and coding are read") {
  CHECK(exif_user_comment(make_exif("a fox 🦊")) == "a fox 🦊");
  CHECK(exif_user_comment("Exif\0\0"s + make_exif("狐狐狐")) == "狐狐狐");
  const auto little = [](const std::string &comment) {
    return "II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x1a\0\0\0\0\0\0\0\1\0\x86\x92\7\0"s +
           std::string(1, static_cast<char>(comment.size())) + "\0\0\0\x2c\0\0\0\0\0\0\0"s +
           comment;
  };
  CHECK(exif_user_comment(little("UNICODE\0f\0o\0x\0"s)) == "fox");
  CHECK(exif_user_comment(little("UNICODE\0\0f\0o\0x"s)) == "fox");  // piexif's habit
  CHECK(exif_user_comment(little("ASCII\0\0\0fox"s)) == "fox");
  CHECK(exif_user_comment(little("\0\0\0\0\0\0\0\0fox"s)) == "fox");
}

TEST_CASE("damaged containers never crash their reader") {
  for (const ImageFormat format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp}) {
    const std::string bytes = with_settings(format, hostile_settings());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      read_stored_settings(bytes.substr(0, size));
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
      read_stored_settings(damaged);
    }
    CHECK(read_stored_settings(bytes).has_value());
  }
  const std::string exif = make_exif("a fox");
  for (std::size_t size = 0; size < exif.size(); ++size) exif_user_comment(exif.substr(0, size));
  CHECK(exif_user_comment("MM\0*\xFF\xFF\xFF\xFF"s).empty());
}
