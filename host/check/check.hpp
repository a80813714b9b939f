#pragma once

#include "check/findings.hpp"
#include "check/subject.hpp"

#include <chrono>
#include <span>
#include <string_view>

namespace pictor::host::check {

// One check at work, in a process of its own.
struct Context {
  const Subject &subject;
  Findings &findings;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  // Whether half of the limit is over: a check that tries one value after another ends then, and
  // says by tell_untried() what it did not try, for a slow plugin does not hang.
  bool is_late() const;
  void tell_untried(std::size_t tried, std::size_t all, std::string_view what) const;
};

// One rule of the contract, as a function that looks for its breach. It finds nothing else: what
// another check is about makes it skip. A crash or a hang inside it is a finding too.
struct Check {
  std::string_view id;    // "elf.exports": group and name
  std::string_view rule;  // one sentence: what holds, and why
  void (*run)(Context &);
};

// In the order in which they are run: what needs least of the plugin first.
std::span<const Check> checks();

// The check of that id; null for other names.
const Check *find_check(std::string_view id);

}  // namespace pictor::host::check
