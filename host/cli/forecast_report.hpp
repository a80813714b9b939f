#pragma once

#include "base/json.hpp"
#include "run/forecast.hpp"

#include <string>

namespace pictor::host {

Json as_json(const PreparedJob &job, const Forecast &forecast);
std::string as_text(const PreparedJob &job, const Forecast &forecast);

}  // namespace pictor::host
