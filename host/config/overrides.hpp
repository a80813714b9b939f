#pragma once

#include "config/config.hpp"
#include "config/yaml.hpp"

namespace pictor::host {

// Puts a `--param` into the document, replacing what stands under its path. Its place in errors is
// "--param PATH". Throws Error for a path that leads nowhere, naming the nearest.
void apply_override(YamlNode &root, const Override &override);

}  // namespace pictor::host
