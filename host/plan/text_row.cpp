#include "base/escape.hpp"
#include "plan/row_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

// Reads one quoted cell from behind its opening quote; returns the position after the closing one.
std::size_t read_quoted(std::string_view text, std::size_t position, std::string &cell) {
  while (position < text.size()) {
    if (text[position] != '"') {
      cell += text[position++];
    } else if (position + 1 < text.size() && text[position + 1] == '"') {
      cell += '"';
      position += 2;
    } else {
      return position + 1;
    }
  }
  throw RowError("a quote is never closed");
}

}  // namespace

void require_text(std::string_view text) {
  if (const std::size_t at = first_invalid_utf8(text); at != std::string_view::npos) {
    throw RowError(fmt::format("not UTF-8 at byte {}", at + 1));
  }
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) {
    throw RowError(fmt::format("the character NUL at byte {}", at + 1));
  }
}

void read_text_row(std::string_view text, RowFields &fields) {
  fields.clear();
  fields.push_back({"prompt", std::string(text)});
}

void read_cells(std::string_view text, char separator, std::vector<std::string> &cells) {
  cells.clear();
  for (std::size_t position = 0;; ++position) {
    std::string &cell = cells.emplace_back();
    if (position < text.size() && text[position] == '"') {
      position = read_quoted(text, position + 1, cell);
      if (position < text.size() && text[position] != separator) {
        throw RowError(
            fmt::format("text after the closing quote of cell {}; write quotes within "
                        "a cell twice",
                        cells.size()));
      }
    } else {
      const std::size_t end = std::min(text.find(separator, position), text.size());
      cell = text.substr(position, end - position);
      position = end;
    }
    if (position >= text.size()) return;
  }
}

void read_csv_row(std::string_view text, char separator, const std::vector<std::string> &header,
                  RowFields &fields) {
  std::vector<std::string> cells;
  read_cells(text, separator, cells);
  if (cells.size() != header.size()) {
    throw RowError(fmt::format("{} cells under a header of {}", cells.size(), header.size()));
  }
  fields.clear();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].empty()) fields.push_back({header[i], std::move(cells[i])});
  }
}

}  // namespace pictor::host
