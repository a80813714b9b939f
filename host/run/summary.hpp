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

// Where the time of samples went, in nanoseconds, and of how many.
struct StageTimes {
  std::int64_t queue_ns = 0, generate_ns = 0, encode_ns = 0, write_ns = 0;
  std::uint64_t samples = 0;

  void add(const SampleEnd &end);
};
// The means by stage, in seconds: {"queue": 0.1, ...}; {} when there is no sample.
Json mean_stage_seconds(const StageTimes &stages);
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
  std::uint64_t attempts = 0;    // requests of this run that asked for its samples, each counted
  std::uint64_t retries = 0;     // of those, the ones after a sample's first
  std::int64_t cost_micros = 0;  // of this run; 0: nothing was paid that is known
  StageTimes stages;             // of the pictures made by this run
  std::vector<FrequentError> errors;  // of this run, the most frequent first, at most three
  std::vector<StoppedModel> stopped;
  std::optional<BudgetReport> budget;  // nothing: the job sets none
  bool interrupted = false;
  std::uint64_t parked = 0;  // pictures that an interrupt left with their provider

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

// What the samples of a run came to.
struct RunTally {
  ErrorTally errors;
  std::uint64_t attempts = 0, retries = 0;
  StageTimes stages;  // of those that are ok

  void add(const SampleEnd &end);
  void put_into(Summary &summary) const;
};

}  // namespace pictor::host
