#pragma once

#include "ledger/ledger.hpp"
#include "ledger/shard.hpp"

#include <filesystem>
#include <optional>

namespace pictor::host {

// Refuses a folder that somebody else's files are in: throws Error for a path that is no folder and
// for a folder with files but without a ledger. Refuses too what cannot go together: a run of the
// whole where shards are not merged, a shard where the whole has a ledger, shards of different
// counts.
void check_output_folder(const std::filesystem::path &output_dir,
                         const std::optional<Shard> &shard = {});

// Whether an overwrite was begun in that ledger and cut short: it must be finished.
bool is_half_cleared(const Ledger &ledger);

// Removes what the ledger says was made here, then the ledger's own content. Other files stay.
// Killed in between, it is finished by the next run. Throws FileError.
void clear_dataset(const std::filesystem::path &output_dir, Ledger &ledger);

}  // namespace pictor::host
