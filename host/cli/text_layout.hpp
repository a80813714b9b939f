#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// How wide text for people may be.
inline constexpr std::size_t text_columns = 80;

// Rows as lines of aligned columns, two spaces apart; the first row is the heading. Cells are made
// safe for terminals. The last column is neither padded nor cut, so that paths stay whole.
std::string table(const std::vector<std::vector<std::string>> &rows);

// A text broken between words into lines of at most `text_columns`, each behind `indent` spaces and
// with its end of line. Runs of white space count as one space; a longer word gets its own line.
// Made safe for terminals.
std::string paragraph(std::string_view text, std::size_t indent);

// "3.4 GB", in powers of 1000.
std::string size_text(std::uint64_t bytes);

}  // namespace pictor::host
