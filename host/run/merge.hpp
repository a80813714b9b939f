#pragma once

#include "base/outcome.hpp"
#include "ledger/shard.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace pictor::host {

struct MergeOptions {
  // Only write the dataset's files, of what the shards that are there have drawn so far. The shards
  // stay, may be running, and may be fewer than all.
  bool partial = false;
  // Merge shards with pictures left to draw too.
  bool unfinished = false;
};

struct MergeResult {
  std::filesystem::path pictures;  // the split folder
  std::vector<Shard> shards;       // that were merged; none: they were before
  std::uint64_t rows = 0;
  std::array<std::uint64_t, outcome_names.size()> counts{};  // samples by Outcome
};

// Makes the shards of an output folder one dataset: one ledger, metadata.jsonl, README.md and
// job.yaml, as a run of the whole would have left them. Killed at any moment, it can be run again.
// Throws Error when a shard is running, missing, unfinished, or drew another prompt file.
MergeResult merge_shards(const std::filesystem::path &output_dir, const MergeOptions &options);

}  // namespace pictor::host
