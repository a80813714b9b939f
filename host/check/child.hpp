#pragma once

#include "check/findings.hpp"

#include <functional>

namespace pictor::host::check {

// The whole life of a process that run_process() started: runs the body, whose findings go to the
// supervisor, tells what it threw, and ends the process.
[[noreturn]] void report_as_child(const std::function<void(Findings &)> &body);

}  // namespace pictor::host::check
