#pragma once

#include <cstdlib>
#include <string>

namespace pictor::test {

// An environment variable that is set until the end of scope.
class SetVariable {
 public:
  SetVariable(std::string name, const std::string &value) : name_(std::move(name)) {
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~SetVariable() { unsetenv(name_.c_str()); }
  SetVariable(const SetVariable &) = delete;
  SetVariable &operator=(const SetVariable &) = delete;

 private:
  std::string name_;
};

}  // namespace pictor::test
