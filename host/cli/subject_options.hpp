#pragma once

#include "check/subject.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace pictor::host {

// The options of the commands that try a plugin out: which, with what, for how long.
class SubjectOptions {
 public:
  // `limit`: what one `unit` may take when the user does not say, in seconds.
  SubjectOptions(double limit, std::string unit) : timeout_(limit), unit_(std::move(unit)) {}

  void add(CLI::App &app);
  // Throws Error for a plugin that is not there, and for what is not NAME=VALUE.
  check::Subject subject() const;

 private:
  std::string plugin_, model_;
  std::vector<std::string> parameters_;
  double timeout_;
  std::string unit_;
  bool may_bill_ = false, in_worker_ = false;
};

}  // namespace pictor::host
