#pragma once

#include "base/json.hpp"
#include "base/outcome.hpp"
#include "ledger/shard.hpp"
#include "run/run_note.hpp"
#include "run/summary.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
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
  std::uint64_t attempts = 0, retries = 0;
  std::int64_t cost_micros = 0;  // all that was spent, also on what was drawn anew since
  StageTimes stages;             // of the pictures
  std::string holder;            // the run at work, in words
  // Of the latest run; nothing: none has noted anything. What was left to draw then, less what has
  // ended since.
  std::optional<RunNote> note;
  std::uint64_t left = 0;
  double images_per_minute = 0;  // of the latest run; 0: it made nothing

  std::uint64_t total(Outcome outcome) const;
};

// Reads a run's ledger, also beside the run; all of them where shards are not merged yet. Throws
// Error when the folder has none.
RunReport read_run_report(const std::filesystem::path &dir);

Json as_json(const RunReport &report);
std::string as_text(const RunReport &report);

}  // namespace pictor::host
