#pragma once

#include "parameters.hpp"
#include <pictor/model.hpp>

#include <string>

namespace pictor::openai {

// What single parameters cannot tell: throws Error(invalid_argument) for a row that cannot work.
// Returns a doubt about one that may not, or nothing.
std::string check_row(const Request &row, const Settings &settings);

}  // namespace pictor::openai
