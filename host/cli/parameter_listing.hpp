#pragma once

#include "base/json.hpp"
#include "base/parameter.hpp"

#include <string>
#include <vector>

namespace pictor::host {

// The parameters of one scope for people: each with its value, what it may be, and its doc, in 80
// columns; the advanced ones last. `current`: the values a job gives them; null: only declared.
// Secrets are the names of variables and shown as ${NAME}.
std::string list_parameters(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                            const Parameters *current);

// All that is known of one parameter. With `current`, its `value` is there (null: none).
Json parameter_json(const ParameterSpec &spec, const Parameters *current);

}  // namespace pictor::host
