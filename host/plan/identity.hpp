#pragma once

#include "base/hash.hpp"
#include "plan/row_fields.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// A row is known by its id; without one, by all of its content: every column with its value, in the
// order of the names, `text` counting as `prompt`. So a row keeps its identity when rows are added,
// moved or reordered and when columns change places, and is another row when any value changes,
// also one that travels to the metadata only. Rows with the same content are told apart by an
// occurrence number: which of them is which makes no difference.
Hash128 key_of_id(std::string_view id);
Hash128 key_of_content(const RowFields &fields);
// Of a row that was expanded: without an id it is known by the content that came out, like a row
// that was written so. With one, by that and what was chosen: the matrix's values by name, then
// what the choices of each column became. Either way it keeps its identity when values and options
// are added.
Hash128 key_of_choice(std::string_view id, const RowFields &chosen);
Hash128 key_of_bad_row(std::string_view text);

// The positions of the keys, equal keys beside each other and in their order.
std::vector<std::uint32_t> grouped(std::span<Hash128 *const> keys);

// Gives equal keys, in order, occurrence numbers 0, 1, 2, ...: number 0 leaves the key as it is.
void number_occurrences(std::span<Hash128 *const> keys);

}  // namespace pictor::host
