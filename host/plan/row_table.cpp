#include "plan/row_table.hpp"

#include "plan/identity.hpp"

#include <algorithm>
#include <stdexcept>

namespace pictor::host {

void RowTable::add_source(SourceRow source) {
  source.first = size();
  sources_.push_back(source);
}

const SourceRow &RowTable::source_of(std::uint32_t row) const {
  if (row >= keys_.size()) throw std::out_of_range("no such row");
  if (sources_.size() == keys_.size()) return sources_[row];
  const auto behind =
      std::upper_bound(sources_.begin(), sources_.end(), row,
                       [](std::uint32_t r, const SourceRow &source) { return r < source.first; });
  return *(behind - 1);
}

void RowTable::settle_keys() {
  std::vector<Hash128 *> keys;
  keys.reserve(keys_.size());
  for (Hash128 &key : keys_) keys.push_back(&key);
  number_occurrences(keys);
}

}  // namespace pictor::host
