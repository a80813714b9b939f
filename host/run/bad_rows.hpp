#pragma once

#include "ledger/ledger.hpp"
#include "plan/prompts.hpp"
#include "plan/row_numbers.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// Brings the recorded ends of rows that cannot be drawn in line with the prompt file: each such row
// has one `invalid` sample (generation 0) per model, `models` being their numbers. A row that was
// mended or left the file is forgotten, and so drawn. Changes nothing when nothing changed.
void record_bad_rows(Ledger &ledger, const Prompts &prompts, const RowNumbers &numbers,
                     std::span<const std::uint32_t> models);

}  // namespace pictor::host
