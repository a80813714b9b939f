#pragma once

#include "base/exit_code.hpp"
#include "base/money.hpp"
#include "base/outcome.hpp"
#include "ledger/ledger.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pictor::host {

// One way in which samples failed.
struct FrequentError {
  Outcome outcome = Outcome::internal;
  std::string message;
  std::uint64_t count = 0;
  std::uint32_t example_row = 0;  // a file number
  std::string example_id;         // the user's; may be empty
};

struct StoppedModel {
  std::string name;
  Failure failure;
};

// What may be spent on the dataset, and what is.
struct BudgetReport {
  Micros limit = 0, spent = 0;
  bool reached = false;  // pictures were not asked for because of it
};

// What a run came to.
struct Summary {
  PlanCounts counts;       // of the whole dataset
  std::uint64_t made = 0;  // pictures made by this run
  double seconds = 0;
  std::vector<FrequentError> errors;  // of this run, the most frequent first, at most three
  std::vector<StoppedModel> stopped;
  std::optional<BudgetReport> budget;  // nothing: the job sets none
  bool interrupted = false;

  std::uint64_t failed() const { return counts.ended() - counts[Outcome::ok]; }
  double images_per_minute() const;  // 0: nothing was made
  // By the state of the dataset. Pictures that --limit held back are no failure.
  ExitCode exit_code() const;
};

// Counts failures by their words. Keeps the first thousand different ones.
class ErrorTally {
 public:
  void add(const SampleEnd &end);
  std::vector<FrequentError> most_frequent(std::size_t count) const;

 private:
  std::map<std::pair<Outcome, std::string>, FrequentError> errors_;
};

}  // namespace pictor::host
