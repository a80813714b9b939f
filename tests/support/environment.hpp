#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace pictor::test {

// An environment variable that has another value, or with nothing none, until the end of scope.
class SetVariable {
 public:
  SetVariable(std::string name, const std::optional<std::string> &value) : name_(std::move(name)) {
    if (const char *before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  ~SetVariable() { set(before_); }
  SetVariable(const SetVariable &) = delete;
  SetVariable &operator=(const SetVariable &) = delete;

 private:
  void set(const std::optional<std::string> &value) const {
    value ? setenv(name_.c_str(), value->c_str(), 1) : unsetenv(name_.c_str());
  }

  std::string name_;
  std::optional<std::string> before_;
};

}  // namespace pictor::test
