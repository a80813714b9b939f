#pragma once

#include "ledger/ledger.hpp"
#include "plan/plan.hpp"
#include "plan/prompts.hpp"
#include "plan/row_numbers.hpp"
#include "run/request.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pictor::host {

// The samples that a user wants drawn again.
struct RetryWish {
  std::set<Outcome> outcomes;          // never ok
  std::vector<std::string> models;     // the user's names; empty: all of the job
  std::vector<std::string> row_ids;    // the user's; empty: all rows
  std::optional<std::uint64_t> limit;  // at most so many, the first by row
};

// Those that there are.
struct RetryChoice {
  std::set<Sample> samples;
  std::vector<SampleKey> final;  // of those, the ones that the same `run` would leave as they are
  std::map<std::pair<std::string, Outcome>, std::uint64_t> counts;  // by model and outcome
  std::uint64_t bad_rows = 0;  // samples of rows that cannot be drawn: not among them
  std::uint64_t gone = 0;      // samples that the job does not want any more: not among them

  std::uint64_t count(Outcome outcome) const;
};

// Throws Error for a model that is not the job's, and for a row id that no such sample has.
RetryChoice choose_retry(const RetryWish &wish, const Ledger &ledger, const Prompts &prompts,
                         const RowNumbers &numbers, std::span<const RunModel> models);

// What to tell before they are drawn: of money, and of samples that are left out. A line each.
std::vector<std::string> retry_warnings(const RetryChoice &choice);

}  // namespace pictor::host
