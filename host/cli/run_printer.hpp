#pragma once

#include "cli/console.hpp"
#include "run/status.hpp"

#include <filesystem>
#include <fstream>

namespace pictor::host {

// Files that a run is told in besides.
struct RunFiles {
  std::filesystem::path events;   // NDJSON, appended; empty: none
  std::filesystem::path metrics;  // OpenMetrics, replaced; empty: none
};

// How a run is told: a bar on a terminal, lines elsewhere, events on stdout for --format json,
// nothing for --format quiet and -q; in the log when there is a log file. While it lives, the log's
// lines step around the bar.
class RunPrinter {
 public:
  // Throws Error when one of the files cannot be written.
  explicit RunPrinter(const Console &console, const RunFiles &files = {});
  ~RunPrinter();
  RunPrinter(const RunPrinter &) = delete;
  RunPrinter &operator=(const RunPrinter &) = delete;

  Status &status() { return status_; }

 private:
  std::ofstream events_;
  StatusGroup status_;
};

}  // namespace pictor::host
