#pragma once

#include "check/check.hpp"
#include "check/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pictor::host::check {

using Outcomes = std::vector<std::pair<const Check *, Result>>;

// The results as JUnit XML, as CI systems read it: one suite, a case per check.
std::string junit_report(const std::string &plugin, const Outcomes &outcomes);

}  // namespace pictor::host::check
