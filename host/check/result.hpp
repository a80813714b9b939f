#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host::check {

enum class Verdict { pass, warn, fail, crash, hang, skip };

constexpr std::string_view name_of(Verdict verdict) {
  constexpr std::array<std::string_view, 6> names = {"pass",  "warn", "fail",
                                                     "crash", "hang", "skip"};
  return names[static_cast<std::size_t>(verdict)];
}

// Whether the plugin breaks a rule.
constexpr bool is_breach(Verdict verdict) {
  return verdict == Verdict::fail || verdict == Verdict::crash || verdict == Verdict::hang;
}

// What came of one check. Texts are safe for terminals.
struct Result {
  Verdict verdict = Verdict::pass;
  std::vector<std::string> findings;  // failures first, then warnings
  std::string reason;                 // why it crashed, hung or was skipped
  std::string last_call;              // what was called last, for crash and hang
  std::string said;                   // the last of what the process wrote to stdout and stderr
  double seconds = 0;
};

}  // namespace pictor::host::check
