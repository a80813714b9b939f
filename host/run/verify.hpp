#pragma once

#include "ledger/ledger.hpp"
#include "run/findings.hpp"
#include "run/picture_check.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pictor::host {

struct VerifyOptions {
  bool fast = false;   // files are looked at, not read
  bool owner = false;  // this process has the ledger open for writing
  CheckProgress progress = [](std::uint64_t, std::uint64_t) {};
};

// Whether a dataset is whole.
struct Verification {
  std::uint64_t pictures = 0;  // ok samples: looked at
  std::uint64_t failed = 0;    // samples that ended otherwise: no findings
  std::vector<SampleKey> broken;
  std::string holder;  // the run at work, in words; its files were not compared with the ledger
};

// Compares a dataset with its ledger and the rules of its layout, and adds what is wrong to
// `findings`. Changes nothing; works beside a run, then without what a run changes. A damaged
// ledger is a finding that ends it. Throws Error when the disk refuses.
Verification verify_dataset(const std::filesystem::path &output_dir, const Ledger &ledger,
                            const VerifyOptions &options, Findings &findings);

}  // namespace pictor::host
