#pragma once

#include <pictor/abi.h>

#include <filesystem>

namespace pictor::host {

// Loads a plugin's shared library, for the rest of the process, and calls its entry function. Runs
// the library's static constructors. `file` must be absolute. Throws Error (exit code 7) with the
// loader's own words, or naming the entry that is missing.
const pictor_plugin *open_library(const std::filesystem::path &file);

// What an OpenMP runtime reads from the environment when a plugin brings one, unless the user says
// how its threads are to wait. By default they spin for milliseconds between two pieces of work,
// which ruins a machine that does anything else as well; to sleep at once costs networks of many
// small layers a sixth of their speed. So they spin for microseconds. open_library does it, too.
void shorten_openmp_waits();

}  // namespace pictor::host
