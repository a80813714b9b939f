#pragma once

#include "base/parameter.hpp"
#include "fuzz/random.hpp"

#include <optional>
#include <string>

namespace pictor::host::fuzz {

// A value that the spec allows, often at an end of its range; what makes drawing long stays small.
// Nothing where nobody can guess one (a path, a secret), and now and then where it is hard.
std::optional<Json> random_value(const ParameterSpec &spec, Random &random);

// A prompt's text: plain, empty, of many scripts, or such as to trip a reader.
std::string random_text(Random &random);

}  // namespace pictor::host::fuzz
