#pragma once

#include "ledger/ledger.hpp"
#include "run/findings.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace pictor::host {

struct PictureCheck {
  std::uint64_t checked = 0;
  std::vector<SampleKey> broken;  // missing, cut, changed or no picture; in order
};

// How many were looked at, of how many. Called now and then, from the calling thread.
using CheckProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Looks at the file of every ok sample: is it there, has it the size and the sha256 of the ledger,
// does it decode. `fast`: there and of that size. Reads with all cores, one picture each.
PictureCheck check_pictures(const Ledger &ledger, const std::filesystem::path &output_dir,
                            bool fast, Findings &findings, const CheckProgress &progress);

}  // namespace pictor::host
