#include "config/source.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

constexpr std::uint64_t largest_file = 16 << 20;
// A longer line is shown in part, around the place.
constexpr std::size_t widest_before = 60, widest_after = 80;        // columns
constexpr std::size_t longest_before = 1024, longest_after = 4096;  // bytes looked at

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::size_t characters(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

// The end of a text, at most `columns` wide.
std::string last_part(const std::string &text, std::size_t columns) {
  std::size_t start = 0;
  while (display_width(std::string_view(text).substr(start)) > columns) {
    do ++start;
    while (start < text.size() && is_continuation(text[start]));
  }
  return (start == 0 ? "" : "…") + text.substr(start);
}

std::string underlined(const Place &place) {
  const std::string_view line = place.source->line(place.line);
  const std::size_t start = std::min<std::size_t>(std::max(place.column, 1) - 1, line.size());
  const std::size_t length = std::min<std::size_t>(std::max(place.length, 1), line.size() - start);
  std::size_t from = start > longest_before ? start - longest_before : 0;
  while (from < start && is_continuation(line[from])) ++from;
  const std::string before =
      last_part(terminal_safe(line.substr(from, start - from)), widest_before);
  const std::string after =
      shortened(terminal_safe(line.substr(start, longest_after)), widest_after);
  const std::size_t width =
      std::min(display_width(terminal_safe(line.substr(start, std::min(length, longest_after)))),
               widest_after);
  return fmt::format("  {}{}\n  {}^{}", before, after, std::string(display_width(before), ' '),
                     std::string(width > 1 ? width - 1 : 0, '~'));
}

}  // namespace

Source::Source(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {}

std::shared_ptr<const Source> Source::read(const std::filesystem::path &path) {
  std::string text = read_file(path, largest_file);
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  const std::size_t invalid = first_invalid_utf8(text);
  auto source = std::make_shared<const Source>(path.string(), std::move(text));
  if (invalid == std::string::npos) return source;
  throw Error(point_without_line(place_at(source, invalid), "the file is not UTF-8 here"),
              "save the file as UTF-8");
}

std::string_view Source::line(int number) const {
  std::size_t start = 0;
  for (int i = 1; i < number; ++i) {
    start = text_.find('\n', start);
    if (start == std::string::npos) return {};
    ++start;
  }
  std::string_view line = std::string_view(text_).substr(start);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Place place_at(std::shared_ptr<const Source> source, std::size_t offset, int length) {
  const std::string_view before = std::string_view(source->text()).substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  Place place;
  place.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  place.column = 1 + static_cast<int>(before.size() - line_start);
  place.length = length;
  place.source = std::move(source);
  return place;
}

void fail(const Place &place, const std::string &message, std::string hint) {
  throw Error(point_at(place, message), std::move(hint));
}

std::string point_without_line(const Place &place, const std::string &message) {
  if (!place.source) return terminal_safe(message);
  const std::string name = terminal_safe(place.source->name());
  if (place.line == 0) return name + ": " + terminal_safe(message);
  const std::string_view line = place.source->line(place.line);
  const std::size_t column =
      characters(line.substr(0, static_cast<std::size_t>(std::max(place.column, 1) - 1))) + 1;
  return fmt::format("{}:{}:{}: {}", name, place.line, column, terminal_safe(message));
}

std::string point_at(const Place &place, const std::string &message) {
  const std::string text = point_without_line(place, message);
  return place.source && place.line > 0 ? text + "\n" + underlined(place) : text;
}

}  // namespace pictor::host
