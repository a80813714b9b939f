#pragma once

#include "base/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pictor::host {

// The texts about its making that an image file carries, UTF-8; empty: none.
struct EmbeddedTexts {
  std::string parameters;  // AUTOMATIC1111's infotext
  std::string pictor;      // our JSON
};

// Reads the containers only, never pixels: text chunks of PNG (compressed ones up to 16 MiB each),
// EXIF of JPEG and WebP. Damaged or foreign bytes yield what was found before the damage. Safe on
// hostile bytes.
EmbeddedTexts read_embedded_texts(std::string_view image);

// The settings stored in an image, by our names.
struct StoredSettings {
  enum class Origin { pictor, infotext } origin = Origin::pictor;
  Json settings;     // our own record where there is one, else the infotext as parsed
  std::string text;  // the infotext as it stands in the file, may be empty
};

// Nothing when the image carries none.
std::optional<StoredSettings> read_stored_settings(std::string_view image);

}  // namespace pictor::host
