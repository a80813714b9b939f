#pragma once

#include "run/verify.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace pictor::host {

// Broken pictures of a model that is paid by the picture, or of one that nobody says is free.
struct PaidPictures {
  std::uint64_t pictures = 0;
  std::int64_t cost_micros = 0;  // as recorded: what they have cost so far
};

struct Repair {
  std::uint64_t reopened = 0;                // samples that the next run draws
  std::map<std::string, PaidPictures> paid;  // by model: left as they are
  std::uint64_t in_archives = 0;             // broken inside an archive: left as they are
  std::uint64_t temporary_files = 0;         // removed
  std::uint64_t settled = 0;                 // requests without an answer, now maybe_billed
  bool metadata_written = false;
  bool needs_run = false;  // the same `pictor run` must draw pictures or write files
};

// Mends what a verification found, without drawing: broken pictures are opened to be drawn again,
// metadata.jsonl is written from the ledger, unfinished files are removed. Pictures that cost money
// only with `redraw_billed`. Pictures and files that Pictor does not know are never touched.
Repair repair_dataset(const std::filesystem::path &output_dir, Ledger &ledger,
                      const Verification &found, const Findings &findings, bool redraw_billed);

}  // namespace pictor::host
