#pragma once

#include <pictor/abi.h>

#include <string>

namespace pictor::host::check {

// All that the metadata functions say, as one text, to be compared: two that are equal say the
// same. What is broken stands in it as the words of its fault.
std::string metadata_text(const pictor_plugin &functions);

}  // namespace pictor::host::check
