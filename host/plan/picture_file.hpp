#pragma once

#include "base/json.hpp"
#include "base/parameter.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace pictor::host {

// The value of an image or image_list, a path or a list of them, with each path absolute: relative
// ones start at `folder`.
Json absolute_pictures(const Json &value, const std::filesystem::path &folder);

// Why the files of such a value cannot be given to a model, naming the first at fault: it is not
// there, no plain file, too large, or neither PNG, JPEG nor WebP by its first bytes; or all
// together are too large. Empty: they can. Reads twelve bytes of each.
std::string refuse_pictures(const ParameterSpec &spec, const Json &value);

}  // namespace pictor::host
