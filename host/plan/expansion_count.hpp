#pragma once

#include "plan/expansion.hpp"

#include <cstdint>
#include <string>

namespace pictor::host {

inline constexpr std::uint64_t most_expanded_rows = 10'000'000;

// Adds up how many rows those of a file become, before one is made.
class ExpansionCount {
 public:
  void add(std::uint64_t line, const Expansion &expansion);
  void add_bad() { ++sources_, total_ = saturating_sum(total_, 1); }

  // The number of rows. Throws Error, which names what makes them so many, when they were expanded
  // to more than most_expanded_rows.
  std::uint64_t total(const std::string &file) const;

 private:
  std::uint64_t sources_ = 0, total_ = 0, expanded_ = 0;
  std::uint64_t largest_ = 0, largest_line_ = 0;
  std::string largest_factors_;
};

}  // namespace pictor::host
