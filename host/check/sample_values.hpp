#pragma once

#include "base/parameter.hpp"
#include "check/check.hpp"

#include <optional>
#include <vector>

namespace pictor::host::check {

// Whether its value is what the time of drawing depends on.
bool is_costly(const ParameterSpec &spec);

// A value that the spec allows, small rather than typical; nothing for a type of which nobody can
// guess one (a path, a secret).
std::optional<Json> smallest_value(const ParameterSpec &spec);
// The other end of its range; nothing where there is none.
std::optional<Json> largest_value(const ParameterSpec &spec);

// A complete set of one scope: what the subject gives, else the environment variable of the spec,
// else its default; what sizes and steps cost is kept small; what is required gets a small value.
// Throws Skip naming a load parameter that is missing, and Mistake for a wrong value of the
// subject's.
Parameters sample_values(const Subject &subject, const std::vector<ParameterSpec> &specs,
                         ParameterScope scope);

}  // namespace pictor::host::check
