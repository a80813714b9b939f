#pragma once

#include "cli/console.hpp"
#include "run/status.hpp"

#include <memory>

namespace pictor::host {

// How a run is told: a bar on a terminal, lines elsewhere, events on stdout for --format json,
// nothing for --format quiet and -q. While it lives, the log's lines step around the bar.
class RunPrinter {
 public:
  explicit RunPrinter(const Console &console);
  ~RunPrinter();
  RunPrinter(const RunPrinter &) = delete;
  RunPrinter &operator=(const RunPrinter &) = delete;

  Status &status() { return *status_; }

 private:
  std::unique_ptr<Status> status_;
};

}  // namespace pictor::host
