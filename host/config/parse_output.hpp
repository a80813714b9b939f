#pragma once

#include "config/config.hpp"
#include "config/keys.hpp"
#include "config/yaml.hpp"

namespace pictor::host {

// Reads job.output. Throws Error at the place of what is wrong.
OutputConfig parse_output(const YamlNode &node, const Section &section);

}  // namespace pictor::host
