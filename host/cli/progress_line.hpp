#pragma once

#include "cli/console.hpp"

#include <string_view>

namespace pictor::host {

// One line on a terminal's stderr that is written anew; nothing elsewhere, and nothing for --format
// json or -q.
class ProgressLine {
 public:
  explicit ProgressLine(const Console &console);
  ~ProgressLine();
  ProgressLine(const ProgressLine &) = delete;
  ProgressLine &operator=(const ProgressLine &) = delete;

  void show(std::string_view text);
  void clear();

 private:
  bool wanted_;
  bool shown_ = false;
};

}  // namespace pictor::host
