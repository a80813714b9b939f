#pragma once

#include <string>

namespace pictor::host {

// A text that YAML reads back as that text: without quotes where nobody could take it for something
// else, else as JSON, which YAML reads too.
std::string yaml_text(const std::string &text);

}  // namespace pictor::host
