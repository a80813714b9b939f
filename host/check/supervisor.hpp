#pragma once

#include "check/check.hpp"
#include "check/result.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace pictor::host::check {

// Runs one check in a process of its own: nothing of the plugin runs in this one. Throws Error when
// no process can be made, and for parameters of the subject that the plugin does not have.
Result run(const Check &check, const Subject &subject);

// Runs this program again with those arguments, as a process that reports through Findings, and
// says what came of it. Throws Error when no process can be made, and for a mistake it found in
// what the user gave.
Result run_process(const std::vector<std::string> &arguments, std::chrono::milliseconds limit);

// A task as such a process's last argument.
std::string task_text(const Json &task);

// The program's first argument when it is started again as the process of a check.
inline constexpr const char *child_argument = "--check-in-this-process";

// What such a process does with its second argument, and its exit code. Does not return where the
// check is about how the process ends.
int child_main(const std::string &task);

}  // namespace pictor::host::check
