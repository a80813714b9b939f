#pragma once

#include "base/json.hpp"
#include "base/outcome.hpp"
#include "ledger/shard.hpp"
#include "run/summary.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pictor::host {

// What a ledger knows of a run.
struct RunReport {
  using Counts = std::array<std::uint64_t, outcome_names.size()>;

  std::filesystem::path dir;
  std::vector<Shard> shards;  // not merged yet, each with its ledger; none: one ledger
  std::vector<Shard> hidden;  // of those, whose ledgers only their runs can read now
  std::vector<std::string> models;
  std::vector<Counts> counts;  // by model
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;            // of the pictures
  std::int64_t last_finished_ms = 0;  // Unix time; 0: nothing ended yet
  std::vector<FrequentError> errors;  // the most frequent first, three at most

  std::uint64_t total(Outcome outcome) const;
};

// Reads a run's ledger, also beside the run; all of them where shards are not merged yet. Throws
// Error when the folder has none.
RunReport read_run_report(const std::filesystem::path &dir);

Json as_json(const RunReport &report);
std::string as_text(const RunReport &report);

}  // namespace pictor::host
