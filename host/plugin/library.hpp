#pragma once

#include <pictor/abi.h>

#include <filesystem>

namespace pictor::host {

// Loads a plugin's shared library, for the rest of the process, and calls its entry function. Runs
// the library's static constructors. `file` must be absolute. Throws Error (exit code 7) with the
// loader's own words, or naming the entry that is missing.
const pictor_plugin *open_library(const std::filesystem::path &file);

}  // namespace pictor::host
