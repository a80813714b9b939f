#pragma once

#include "ledger/ledger.hpp"
#include "ledger/shard.hpp"
#include "plan/prompts.hpp"
#include "plan/row_numbers.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// Brings the recorded ends of rows that cannot be drawn in line with the prompt file: each such row
// has one `invalid` sample (generation 0) per model, `models` being their numbers. A row that was
// mended or left the file is forgotten, and so drawn. Changes nothing when nothing changed. Only
// the rows of `shard`; nothing: all.
void record_bad_rows(Ledger &ledger, const Prompts &prompts, const RowNumbers &numbers,
                     std::span<const std::uint32_t> models, const std::optional<Shard> &shard = {});

}  // namespace pictor::host
