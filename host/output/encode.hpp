#pragma once

#include "base/json.hpp"
#include "base/outcome.hpp"
#include "config/config.hpp"
#include "output/picture.hpp"

#include <string>
#include <variant>

namespace pictor::host {

struct EncodeOptions {
  ImageFormat format = ImageFormat::png;
  int quality = 95;  // JPEG and WebP, 1..100; from 90 on, JPEG keeps the full colour resolution
};

// The settings that a picture carries inside itself.
struct EmbeddedSettings {
  std::string infotext;  // AUTOMATIC1111's text, as make_infotext() gives it; empty: none
  Json pictor;           // our own record; null: none
};

// Pixels -> the bytes of an image file that carries its settings: a PNG in its text chunks
// `parameters` and `pictor`, JPEG and WebP in EXIF's UserComment, where our JSON is the value
// `Pictor` at the end of the infotext's last line. What EXIF in a JPEG has no room for (64 KiB) is
// left out, our JSON first.
// JPEG has no transparency: RGBA is laid over white. WebP has no grey: it becomes RGB.
// Fails with `internal` for pixels that are no numbers and for encoded pictures (those are kept as
// they came), with `invalid` for shapes that the format cannot hold. [any thread]
std::variant<std::string, Failure> encode_picture(const Picture &picture,
                                                  const EncodeOptions &options,
                                                  const EmbeddedSettings &settings);

}  // namespace pictor::host
