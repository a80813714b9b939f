#include "nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace pictor::diffusion {

namespace {

// Levenshtein's distance, one row of the table at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string> &candidates) {
  constexpr std::size_t longest = 100;  // nobody mistypes a name at such length
  if (name.size() > longest) return {};
  std::string nearest;
  std::size_t allowed = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string &candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= allowed || distance >= candidate.size()) continue;
    allowed = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace pictor::diffusion
