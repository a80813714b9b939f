#include "plan/row_numbers.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

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

RowNumbers RowNumbers::by_position(std::uint32_t rows,
                                   const std::function<Hash128(std::uint32_t)> &key,
                                   const std::function<bool(std::uint32_t)> &ours,
                                   const std::vector<RowNumber> &known) {
  RowNumbers result;
  result.numbers_.resize(rows);
  std::iota(result.numbers_.begin(), result.numbers_.end(), 0u);
  result.positions_ = result.numbers_;
  std::vector<bool> is_known(rows);
  for (const RowNumber &row : known) {
    if (row.number < rows) is_known[row.number] = true;
  }
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (ours(row) && !is_known[row]) result.fresh_.push_back({key(row), row});
  }
  return result;
}

Hash128 fingerprint(std::uint32_t rows, const std::function<Hash128(std::uint32_t)> &key) {
  constexpr std::uint32_t keys_at_once = 1024;
  Hash128 hash;
  std::string bytes;
  const auto add = [&](const Hash128 &part) { bytes += to_hex(part); };
  for (std::uint32_t row = 0; row < rows;) {
    bytes.clear();
    add(hash);
    for (std::uint32_t k = 0; k < keys_at_once && row < rows; ++k, ++row) add(key(row));
    hash = hash128(bytes);
  }
  return hash;
}

std::optional<std::uint32_t> RowNumbers::position(std::uint32_t number) const {
  if (number >= positions_.size() || positions_[number] == nowhere) return std::nullopt;
  return positions_[number];
}

}  // namespace pictor::host
