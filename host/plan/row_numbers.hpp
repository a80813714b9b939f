#pragma once

#include "base/hash.hpp"
#include "ledger/ledger.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace pictor::host {

// File numbers of the rows of a prompt file. A row keeps the number it was given at first sight,
// wherever it moves to; a new row gets the next one; numbers are never reused.
class RowNumbers {
 public:
  // `key(position)` for position < rows; `known`: what the ledger has.
  RowNumbers(std::uint32_t rows, const std::function<Hash128(std::uint32_t)> &key,
             std::vector<RowNumber> known);

  // Numbers that need no ledger: a row's is its position. For a dataset that several runs draw
  // from one prompt file. `fresh` are the rows of `ours` that are not among `known`.
  static RowNumbers by_position(std::uint32_t rows,
                                const std::function<Hash128(std::uint32_t)> &key,
                                const std::function<bool(std::uint32_t)> &ours,
                                const std::vector<RowNumber> &known);

  std::uint32_t number(std::uint32_t position) const { return numbers_[position]; }
  // Where the row of that number stands in the prompt file; nothing when it left it.
  std::optional<std::uint32_t> position(std::uint32_t number) const;
  // Rows seen for the first time, for the ledger.
  const std::vector<RowNumber> &fresh() const { return fresh_; }

 private:
  RowNumbers() = default;

  std::vector<std::uint32_t> numbers_;    // by position
  std::vector<std::uint32_t> positions_;  // by number
  std::vector<RowNumber> fresh_;
};

// One hash over the keys of the first `rows` rows, in order.
Hash128 fingerprint(std::uint32_t rows, const std::function<Hash128(std::uint32_t)> &key);

}  // namespace pictor::host
