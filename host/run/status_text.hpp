#pragma once

#include "run/status.hpp"

#include <string>
#include <vector>

namespace pictor::host {

// The words that printers for people share. All of them are one line and safe for a terminal.

// How many failed samples are shown one by one; the others are only counted.
inline constexpr std::uint64_t max_failures_shown = 20;

std::string duration_text(double seconds);      // "42 s", "3 min 20 s", "2 h 5 min"
std::string rate_text(double per_minute);       // "35.2/min", "191/min"
std::string dollars_text(std::int64_t micros);  // "$1.20", "$0.0042"

std::string start_text(const RunStart &start);
std::string model_text(const ModelReport &report);
// "row 12 (fox-3), painter: refused: the policy says no"
std::string failure_text(const SampleEnd &end, const std::string &model);
// "$24.96 of $25.00 spent", and how to go on when it was reached. `left`: pictures not drawn.
std::string budget_text(const BudgetReport &budget, std::uint64_t left);
// "120 of 400 images, 2 failed, 35.2/min, 8 min left"
std::string progress_text(const RunProgress &progress);
// Several lines.
std::vector<std::string> summary_text(const Summary &summary);

}  // namespace pictor::host
