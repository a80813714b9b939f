#include "output/codec.hpp"

#include <fmt/format.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <memory>

namespace pictor::host {

namespace {

struct FreePicture {
  void operator()(WebPPicture *picture) const { WebPPictureFree(picture); }
};
struct FreeWriter {
  void operator()(WebPMemoryWriter *writer) const { WebPMemoryWriterClear(writer); }
};
struct FreeMux {
  void operator()(WebPMux *mux) const { WebPMuxDelete(mux); }
};

std::vector<std::uint8_t> grey_to_rgb(const Pixels &grey) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(grey.bytes.size() * 3);
  for (const std::uint8_t value : grey.bytes) rgb.insert(rgb.end(), 3, value);
  return rgb;
}

bool import(WebPPicture &picture, const Pixels &pixels) {
  const auto stride = [&](std::uint32_t channels) {
    return static_cast<int>(pixels.width * channels);
  };
  switch (pixels.channels) {
    case 1:
      return WebPPictureImportRGB(&picture, grey_to_rgb(pixels).data(), stride(3)) != 0;
    case 3:
      return WebPPictureImportRGB(&picture, pixels.bytes.data(), stride(3)) != 0;
    default:
      return WebPPictureImportRGBA(&picture, pixels.bytes.data(), stride(4)) != 0;
  }
}

WebPData view(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()};
}

std::variant<std::string, Failure> with_exif(const std::string &webp, const std::string &exif) {
  const WebPData image = view(webp), chunk = view(exif);
  const std::unique_ptr<WebPMux, FreeMux> mux(WebPMuxCreate(&image, /*copy_data=*/0));
  WebPData whole{nullptr, 0};
  if (mux == nullptr || WebPMuxSetChunk(mux.get(), "EXIF", &chunk, 0) != WEBP_MUX_OK ||
      WebPMuxAssemble(mux.get(), &whole) != WEBP_MUX_OK) {
    return image_failure(Outcome::internal, "cannot add the settings to the WebP");
  }
  const std::unique_ptr<const std::uint8_t, void (*)(const void *)> owner(
      whole.bytes, [](const void *bytes) { WebPFree(const_cast<void *>(bytes)); });
  return std::string(reinterpret_cast<const char *>(whole.bytes), whole.size);
}

}  // namespace

std::variant<std::string, Failure> encode_webp(const Pixels &pixels, int quality,
                                               const std::string &exif) {
  if (pixels.width > WEBP_MAX_DIMENSION || pixels.height > WEBP_MAX_DIMENSION) {
    return image_failure(
        Outcome::invalid,
        fmt::format("a WebP has at most {} pixels a side, this picture is {} x {}: "
                    "choose format png",
                    WEBP_MAX_DIMENSION, pixels.width, pixels.height));
  }
  WebPConfig config;
  WebPPicture picture;
  if (WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, static_cast<float>(quality)) == 0 ||
      WebPPictureInit(&picture) == 0) {
    return image_failure(Outcome::internal, "cannot set up the WebP encoder");
  }
  const std::unique_ptr<WebPPicture, FreePicture> picture_owner(&picture);
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  const std::unique_ptr<WebPMemoryWriter, FreeWriter> writer_owner(&writer);
  picture.width = static_cast<int>(pixels.width);
  picture.height = static_cast<int>(pixels.height);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  if (!import(picture, pixels) || WebPEncode(&config, &picture) == 0) {
    return image_failure(Outcome::internal, fmt::format("cannot make the WebP (libwebp error {})",
                                                        static_cast<int>(picture.error_code)));
  }
  std::string webp(reinterpret_cast<const char *>(writer.mem), writer.size);
  if (exif.empty()) return webp;
  return with_exif(webp, exif);
}

}  // namespace pictor::host
