#pragma once

#include "fuzz/instance.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host::fuzz {

// What is wrong with how a flight ended, one text each: the invariant that is broken, a colon, and
// how. Keeps the pictures of each request that it saw, to compare. For flights that have ended.
class Judge {
 public:
  std::vector<std::string> faults_of(const Flight &flight, const ModelInfo &info);

  // "status: ..." when it is none that a plugin may return here; nothing when it is.
  static std::optional<std::string> status_fault(pictor_status status, bool cancel_asked,
                                                 const PluginError &reason);

 private:
  using Digests = std::vector<std::size_t>;  // of all pictures of a flight, in their order

  void compare(const Flight &flight, const ModelInfo &info, std::vector<std::string> &faults);

  std::map<std::string, Digests> drawn_;  // by what was asked for
};

}  // namespace pictor::host::fuzz
