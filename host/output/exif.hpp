#pragma once

#include <string>
#include <string_view>

namespace pictor::host {

// An EXIF block (TIFF, big-endian, without "Exif\0\0") whose one tag is a UserComment in UTF-16,
// byte for byte of the kind that AUTOMATIC1111 writes. `text` is UTF-8.
std::string make_exif(std::string_view text);

// The UserComment of an EXIF block, with or without "Exif\0\0" before it, as valid UTF-8; empty
// when there is none. Both byte orders, and the codings UNICODE, ASCII and undefined. Safe on
// hostile bytes.
std::string exif_user_comment(std::string_view exif);

}  // namespace pictor::host
