#pragma once

#include "ledger/ledger.hpp"

#include <filesystem>

namespace pictor::host {

// Refuses a folder that somebody else's files are in: throws Error for a path that is no folder and
// for a folder with files but without a ledger.
void check_output_folder(const std::filesystem::path &output_dir);

// Whether an overwrite was begun in that ledger and cut short: it must be finished.
bool is_half_cleared(const Ledger &ledger);

// Removes what the ledger says was made here, then the ledger's own content. Other files stay.
// Killed in between, it is finished by the next run. Throws FileError.
void clear_dataset(const std::filesystem::path &output_dir, Ledger &ledger);

}  // namespace pictor::host
