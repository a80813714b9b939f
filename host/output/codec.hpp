#pragma once

// The decoders and encoders behind decode.hpp and encode.hpp, one pair per format. The C libraries
// among them leave by longjmp: the functions they jump through hold no object with a destructor.

#include "base/outcome.hpp"
#include "output/decode.hpp"
#include "output/pixels.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pictor::host {

enum class DecodeDepth { header, check, pixels };

struct Decoded {
  ImageInfo info;
  std::vector<std::uint8_t> bytes;  // DecodeDepth::pixels: as in Pixels; else unspecified
};

std::variant<Decoded, Failure> decode_png(std::string_view bytes, DecodeDepth depth);
std::variant<Decoded, Failure> decode_jpeg(std::string_view bytes, DecodeDepth depth);
std::variant<Decoded, Failure> decode_webp(std::string_view bytes, DecodeDepth depth);

// A failure of the stage "encode".
Failure image_failure(Outcome outcome, std::string message);

// A text chunk of a PNG; UTF-8.
struct PngText {
  std::string keyword, text;
};

// `exif`: a TIFF block as make_exif() gives it, or empty.
std::variant<std::string, Failure> encode_png(const Pixels &pixels,
                                              const std::vector<PngText> &texts);
std::variant<std::string, Failure> encode_jpeg(const Pixels &pixels, int quality,
                                               const std::string &exif);
std::variant<std::string, Failure> encode_webp(const Pixels &pixels, int quality,
                                               const std::string &exif);

}  // namespace pictor::host
