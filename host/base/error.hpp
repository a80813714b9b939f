#pragma once

#include "base/exit_code.hpp"

#include <stdexcept>
#include <string>

namespace pictor::host {

// Ends a command; caught once, in main. `what()` names the user's mistake and where it stands,
// `hint()` the next step (empty: the message says it all). A sample's failure is a Failure value
// instead.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string &message, std::string hint = {}, ExitCode code = ExitCode::usage)
      : std::runtime_error(message), hint_(std::move(hint)), code_(code) {}

  const std::string &hint() const { return hint_; }
  ExitCode code() const { return code_; }

 private:
  std::string hint_;
  ExitCode code_;
};

}  // namespace pictor::host
