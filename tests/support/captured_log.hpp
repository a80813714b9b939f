#pragma once

#include "base/log.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace pictor::test {

// Takes what the log would print, from `level` on, for its scope.
class CapturedLog {
 public:
  explicit CapturedLog(host::LogLevel level = host::LogLevel::warning) {
    host::set_log_level(level);
    host::set_log_printer([this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    });
  }
  ~CapturedLog() {
    host::set_log_printer({});
    host::set_log_level(host::LogLevel::warning);
  }
  CapturedLog(const CapturedLog &) = delete;
  CapturedLog &operator=(const CapturedLog &) = delete;

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string text() const {
    std::string text;
    for (const std::string &line : lines()) text += line + "\n";
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace pictor::test
