#pragma once

#include "plan/row_fields.hpp"
#include "plan/template_text.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::host {

// A template filled in.
struct FilledText {
  std::string text;
  std::vector<std::string> choices;  // what each of its outermost choices became
};

// Combination `number`, below text.count, which must not be saturated. The leftmost choice changes
// slowest. Columns are found in `row`. Throws RowError for one that is not there.
FilledText fill_in(const TemplateText &text, std::uint64_t number, const RowFields &row);

// A combination by chance: `seed` decides. Each option is scored by its own text, and the best one
// wins: adding, removing or moving an option changes only the draws that it wins or had won.
FilledText fill_by_draw(const TemplateText &text, std::uint64_t seed, const RowFields &row);

// The field of that name; null when the row has none.
const RowField *find_field(const RowFields &row, std::string_view name);

}  // namespace pictor::host
