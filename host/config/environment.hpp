#pragma once

#include "config/source.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pictor::host {

// `${NAME}` in a value stands for an environment variable; `$${` is written for the two characters
// `${`.

// Whether there is something to expand.
bool has_reference(std::string_view text);

// The name when the text is one `${NAME}` and nothing else.
std::optional<std::string> sole_reference(std::string_view text);

// The text with its references replaced. Throws Error at `place` for a variable that is not set, or
// is not UTF-8, and for a `${` that starts no name.
std::string expand_environment(std::string_view text, const Place &place);

// The value of a variable; nothing when it is not set.
std::optional<std::string> environment_value(const std::string &name);

// The text as it must be written to come out unexpanded.
std::string escape_references(std::string_view text);

}  // namespace pictor::host
