#pragma once

#include "base/json.hpp"

#include <filesystem>
#include <span>

namespace pictor::host {

// Makes one ledger in `folder`, where there is none yet, of those in the folders `from`: all that
// they know, what was spent added up, `job` as what is recorded of the job. They stay as they are.
// The new one needs no other file beside it. Throws Error when two of them know the same sample, or
// give a model different numbers; what was made by then is no whole ledger.
void merge_ledgers(const std::filesystem::path &folder, std::span<const std::filesystem::path> from,
                   const Json &job);

}  // namespace pictor::host
