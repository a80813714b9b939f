#pragma once

#include "ledger/ledger.hpp"
#include "plan/plan.hpp"
#include "plan/row_numbers.hpp"
#include "run/summary.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace pictor::host {

// Rows with pictures that are not in the prompt file any more.
struct RemovedRows {
  std::uint64_t count = 0;
  std::uint32_t example_row = 0;  // a file number
  std::string example_id;         // the user's; may be empty

  bool operator==(const RemovedRows &) const = default;
};
RemovedRows removed_rows(const Ledger &ledger, const RowNumbers &numbers, std::size_t rows);
std::string text_of(const RemovedRows &removed);  // one line

// What a ledger remembers of the latest run that had something to draw or met another prompt file.
struct RunNote {
  std::int64_t begun_at_ms = 0;  // Unix time
  std::int64_t ended_at_ms = 0;  // 0: at work, or killed
  std::uint64_t wanted = 0;      // samples of the job
  std::uint64_t left = 0;        // to draw, when it was noted
  std::uint64_t made = 0;        // by that run; known at its end
  double seconds = 0;
  RemovedRows removed;
};
std::optional<RunNote> read_run_note(const Ledger &ledger);

// Keeps the note while a run goes on.
class RunNoteKeeper {
 public:
  explicit RunNoteKeeper(Ledger &ledger) : ledger_(ledger) {}

  // Writes nothing when there is nothing to draw and nothing new to tell.
  void begun(const PlanCounts &counts, const RemovedRows &removed);
  void ended(const Summary &summary);

 private:
  Ledger &ledger_;
  std::optional<RunNote> note_;  // as written
};

}  // namespace pictor::host
