#pragma once

#include "check/check.hpp"
#include "check/result.hpp"

#include <string>

namespace pictor::host::check {

// Runs one check in a process of its own: nothing of the plugin runs in this one. Throws Error when
// no process can be made, and for parameters of the subject that the plugin does not have.
Result run(const Check &check, const Subject &subject);

// The program's first argument when it is started again as the process of a check.
inline constexpr const char *child_argument = "--check-in-this-process";

// What such a process does with its second argument, and its exit code. Does not return where the
// check is about how the process ends.
int child_main(const std::string &task);

}  // namespace pictor::host::check
