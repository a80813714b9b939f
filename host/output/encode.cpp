#include "output/encode.hpp"

#include "output/codec.hpp"
#include "output/exif.hpp"
#include "output/infotext.hpp"

namespace pictor::host {

namespace {

// A JPEG marker's length is 16 bits wide and counts itself and the six bytes of "Exif\0\0".
constexpr std::size_t max_jpeg_exif = 65'535 - 2 - 6;

std::string pictor_json(const EmbeddedSettings &settings) {
  if (settings.pictor.is_null()) return {};
  return settings.pictor.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

std::vector<PngText> png_texts(const EmbeddedSettings &settings) {
  std::vector<PngText> texts;
  if (!settings.infotext.empty()) texts.push_back({"parameters", settings.infotext});
  if (std::string json = pictor_json(settings); !json.empty()) {
    texts.push_back({"pictor", std::move(json)});
  }
  return texts;
}

std::string exif_of(const EmbeddedSettings &settings, std::size_t room) {
  const std::string whole = settings.pictor.is_null()
                                ? settings.infotext
                                : with_pictor_record(settings.infotext, settings.pictor);
  for (const std::string &text : {whole, settings.infotext}) {
    if (text.empty()) continue;
    if (std::string exif = make_exif(text); exif.size() <= room) return exif;
  }
  return {};
}

}  // namespace

std::variant<std::string, Failure> encode_picture(const Picture &picture,
                                                  const EncodeOptions &options,
                                                  const EmbeddedSettings &settings) {
  auto packed = packed_pixels(picture);
  if (auto *failure = std::get_if<Failure>(&packed)) return std::move(*failure);
  const Pixels &pixels = std::get<Pixels>(packed);
  switch (options.format) {
    case ImageFormat::png:
      return encode_png(pixels, png_texts(settings));
    case ImageFormat::jpeg:
      return encode_jpeg(pixels.channels == 4 ? over_white(pixels) : pixels, options.quality,
                         exif_of(settings, max_jpeg_exif));
    case ImageFormat::webp:
      return encode_webp(pixels, options.quality, exif_of(settings, max_pixel_bytes));
  }
  return image_failure(Outcome::internal, "unknown image format");
}

}  // namespace pictor::host
