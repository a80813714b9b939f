#pragma once

#include "base/json.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// One column of one row, as it stands in the file.
struct RowField {
  std::string name;
  Json value;
};

// A row's columns in the order of the file: no name twice, nothing that is null or empty cell.
using RowFields = std::vector<RowField>;

// Why a row cannot be read; `what()` is for the list of bad rows.
class RowError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr std::size_t most_columns = 1000;  // of a row, and keys of an object in it

// Throws RowError for text that is not UTF-8 or holds NUL, with the byte, from 1: what `cut -b` and
// an editor's goto understand.
void require_text(std::string_view text);

// A line of a text file: the prompt.
void read_text_row(std::string_view text, RowFields &fields);

// A line of a .jsonl file: an object, or a string that is the prompt. Throws RowError.
void read_json_row(std::string_view text, RowFields &fields);

// The cells of a CSV record (RFC 4180) without its line end. Throws RowError for text after a
// closing quote.
void read_cells(std::string_view text, char separator, std::vector<std::string> &cells);

// A CSV record under a header. Every value is a text. Throws RowError when their numbers differ.
void read_csv_row(std::string_view text, char separator, const std::vector<std::string> &header,
                  RowFields &fields);

}  // namespace pictor::host
