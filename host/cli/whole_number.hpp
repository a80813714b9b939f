#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>

namespace pictor::host {

// The check of an option that takes a whole number between two bounds.
CLI::Validator whole_number(std::uint64_t minimum, std::uint64_t maximum);

}  // namespace pictor::host
