#pragma once

#include "base/json.hpp"
#include "base/parameter.hpp"

#include <string>
#include <string_view>

namespace pictor::host {

// What a scalar without quotes means: null, a boolean, a decimal number, else its text. YAML 1.2's
// core schema without octal and hexadecimal numbers, which nobody means: 010 and 0x1F stay text, as
// do yes, no, on, off.
Json read_plain_scalar(const std::string &text);

// For a text that YAML 1.1 reads as a number or boolean where one was wanted and none was found:
// what it would have been, and how to write it, as the rest of a sentence; else empty.
std::string explain_plain_scalar(const std::string &text, ParameterType wanted);

}  // namespace pictor::host
