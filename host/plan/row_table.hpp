#pragma once

#include "base/hash.hpp"

#include <cstdint>
#include <vector>

namespace pictor::host {

// What is kept of a row of the prompt file: 32 bytes.
struct SourceRow {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t line = 0;
  std::uint32_t checksum = 0;         // of its text: was the file changed since?
  std::uint32_t first = 0;            // of the rows it was expanded to
  std::uint32_t occurrence = 0;       // among rows of the same content, where draws need it
  std::uint16_t num_generations = 0;  // 0: a bad row
  std::uint16_t model = 0;            // 0: all; else an index + 1
};
static_assert(sizeof(SourceRow) == 32);

// The rows of a prompt file and the rows that they were expanded to, of which only the keys are
// kept: 16 bytes.
class RowTable {
 public:
  // Adds a row of the file; those that it is expanded to are added next. One at least.
  void add_source(SourceRow source);
  void add_row(const Hash128 &key) { keys_.push_back(key); }
  void reserve(std::uint64_t rows) { keys_.reserve(rows); }
  SourceRow &last_source() { return sources_.back(); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
  std::uint32_t sources() const { return static_cast<std::uint32_t>(sources_.size()); }
  const SourceRow &source(std::uint32_t number) const { return sources_[number]; }
  // The row of the file that this row comes from. Throws std::out_of_range.
  const SourceRow &source_of(std::uint32_t row) const;
  const Hash128 &key(std::uint32_t row) const { return keys_.at(row); }

  // After the last row: gives rows of the same content their occurrence numbers.
  void settle_keys();

 private:
  std::vector<SourceRow> sources_;
  std::vector<Hash128> keys_;  // by row
};

}  // namespace pictor::host
