#pragma once

#include "parameters.hpp"
#include "request_body.hpp"

#include <string>

namespace pictor::openai {

// What single parameters cannot tell: throws Error(invalid_argument) for what cannot work.
// Returns a doubt about one that may not, or nothing.
std::string check_ask(const Ask &ask, const Settings &settings);

}  // namespace pictor::openai
