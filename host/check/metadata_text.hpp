#pragma once

#include "plugin/plugin_table.hpp"

#include <string>

namespace pictor::host::check {

// All that the metadata functions say, as one text, to be compared: two that are equal say the
// same. What is broken stands in it as the words of its fault.
std::string metadata_text(const PluginFunctions &functions);

}  // namespace pictor::host::check
