#include "cli/text_layout.hpp"

#include "base/escape.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

namespace pictor::host {

std::string table(const std::vector<std::vector<std::string>> &rows) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> cells = rows;
  for (auto &row : cells) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = terminal_safe(row[i]);
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string text;
  for (const auto &row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string paragraph(std::string_view text, std::size_t indent) {
  std::istringstream words{std::string(text)};
  std::string result, line, word;
  const std::string margin(indent, ' ');
  std::size_t used = 0;
  while (words >> word) {
    word = terminal_safe(word);
    const std::size_t width = display_width(word);
    if (used > 0 && indent + used + 1 + width > text_columns) {
      result += margin + line + '\n';
      line.clear();
      used = 0;
    }
    if (used > 0) line += ' ';
    used += width + (used > 0 ? 1 : 0);
    line += word;
  }
  if (used > 0) result += margin + line + '\n';
  return result;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double size = static_cast<double>(bytes);
  const char *unit = "";
  for (const char *next : {"kB", "MB", "GB", "TB"}) {
    size /= 1000;
    unit = next;
    if (size < 999.95) break;
  }
  return fmt::format("{:.1f} {}", size, unit);
}

}  // namespace pictor::host
