#pragma once

#include "check/result.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace pictor::host::check {

// The checks that a project leaves out, each with its reason.
using Exclusions = std::map<std::string, std::string, std::less<>>;

// From a YAML file, `exclude: {CHECK: "the reason"}`; without a name from pictor-check.yaml in the
// current folder, where there is one. Throws Error at the place of an unknown check or a missing
// reason.
Exclusions read_exclusions(const std::filesystem::path &file);

// What becomes of such a check.
Result left_out(const std::string &reason);

}  // namespace pictor::host::check
