#pragma once

#include "config/config.hpp"
#include "config/fields.hpp"

#include <string>

namespace pictor::host {

// Where a model's plugin runs. Throws Error at the place of a sandbox without a worker.
IsolationConfig parse_isolation(const Fields &model, const Section &section);

// Lines of a model that say so again.
std::string isolation_lines(const IsolationConfig &isolation);

}  // namespace pictor::host
