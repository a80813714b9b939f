#pragma once

#include <string>
#include <vector>

namespace pictor::host::check {

// What belongs to a whole process and a plugin must leave alone, as text by name: how signals are
// handled, the terminate handler, locale, working directory, umask, environment, and this thread's
// arithmetic.
class ProcessSnapshot {
 public:
  static ProcessSnapshot now();

  // Names what is different in the other.
  std::vector<std::string> differences(const ProcessSnapshot &other) const;

 private:
  struct Part {
    std::string name, value;
  };
  std::vector<Part> parts_;
};

// How many threads and open descriptors this process has.
std::size_t count_threads();
std::size_t count_descriptors();

}  // namespace pictor::host::check
