#include "plan/row_numbers.hpp"

#include <algorithm>
#include <limits>

namespace pictor::host {

namespace {

constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

}  // namespace

RowNumbers::RowNumbers(std::uint32_t rows, const std::function<Hash128(std::uint32_t)> &key,
                       std::vector<RowNumber> known) {
  std::uint32_t next = 0;
  for (const RowNumber &row : known) next = std::max(next, row.number + 1);
  std::sort(known.begin(), known.end(),
            [](const RowNumber &a, const RowNumber &b) { return a.key < b.key; });

  numbers_.reserve(rows);
  for (std::uint32_t position = 0; position < rows; ++position) {
    const Hash128 wanted = key(position);
    const auto found =
        std::lower_bound(known.begin(), known.end(), wanted,
                         [](const RowNumber &row, const Hash128 &k) { return row.key < k; });
    if (found != known.end() && found->key == wanted) {
      numbers_.push_back(found->number);
    } else {
      fresh_.push_back({wanted, next});
      numbers_.push_back(next++);
    }
  }

  positions_.assign(next, nowhere);
  for (std::uint32_t position = 0; position < rows; ++position) {
    positions_[numbers_[position]] = position;
  }
}

std::optional<std::uint32_t> RowNumbers::position(std::uint32_t number) const {
  if (number >= positions_.size() || positions_[number] == nowhere) return std::nullopt;
  return positions_[number];
}

}  // namespace pictor::host
