#include "plan/expansion_count.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <fmt/format.h>

namespace pictor::host {
namespace {

// UINT64_MAX is where counting ends.
std::string shown(std::uint64_t count) {
  return count == UINT64_MAX ? "more than 10^19" : std::to_string(count);
}

}  // namespace

void ExpansionCount::add(std::uint64_t line, const Expansion &expansion) {
  const std::uint64_t count = expansion.count();
  ++sources_;
  total_ = saturating_sum(total_, count);
  if (count > 1) expanded_ = saturating_sum(expanded_, count);
  if (count <= largest_) return;
  largest_ = count;
  largest_line_ = line;
  largest_factors_ = expansion.factors();
}

std::uint64_t ExpansionCount::total(const std::string &file) const {
  if (expanded_ <= most_expanded_rows) return total_;
  throw Error(fmt::format("{}: {} rows would be expanded to {}, more than {}; most of all line {}, "
                          "to {}: {}",
                          file, sources_, shown(total_), most_expanded_rows, largest_line_,
                          shown(largest_), terminal_safe(largest_factors_)),
              "take fewer values, or variants: random with as many draws as you want");
}

}  // namespace pictor::host
