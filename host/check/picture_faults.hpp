#pragma once

#include "base/json.hpp"
#include "output/picture.hpp"
#include "output/pixels.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What is wrong with a picture that a plugin handed over, for people.
namespace pictor::host::check {

// A file that does not decode; a size that is not the one that was told, or that `parameters` ask
// for by width and height.
std::vector<std::string> size_faults(const Picture &picture, const Parameters &parameters);

// Pixels that are no numbers; a file that is not what it is called.
std::vector<std::string> content_faults(const Picture &picture);

// What it points to, as it was handed over.
std::string_view bytes_of(const Picture &picture);

// Its samples, packed; nothing when they cannot be read.
std::optional<Pixels> pixels_of(const Picture &picture);

}  // namespace pictor::host::check
