#pragma once

#include "check/result.hpp"
#include "check/subject.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

// One chunk: a script played with a plugin, in a process of its own. Nothing of the plugin runs in
// this one.
namespace pictor::host::fuzz {

// Draws the script of the seed and plays it. These throw Error when no process can be made, and for
// parameters of the subject that the plugin does not have.
check::Result play_seed(const check::Subject &subject, std::uint64_t seed);
check::Result play_script(const check::Subject &subject, const std::filesystem::path &script);

// Writes the script of the seed to a file, and plays nothing.
check::Result write_script(const check::Subject &subject, std::uint64_t seed,
                           const std::filesystem::path &file);

// The program's first argument when it is started again as the process of a chunk.
inline constexpr const char *child_argument = "--fuzz-in-this-process";

// What such a process does with its second argument. Returns only for an argument that is no task,
// with the exit code.
int child_main(const std::string &task);

}  // namespace pictor::host::fuzz
