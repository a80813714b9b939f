#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace pictor::host {

namespace {

struct Range {
  char32_t first, last;
};

template <std::size_t size>
bool contains(const std::array<Range, size> &ranges, char32_t code) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code,
                       [](char32_t c, const Range &range) { return c < range.first; });
  return after != ranges.begin() && code <= std::prev(after)->last;
}

// Marks, joiners and variation selectors: drawn over the character before them.
constexpr std::array<Range, 26> zero_width = {{
    {0x0300, 0x036F},   {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},   {0x064B, 0x065F},
    {0x06D6, 0x06DC},   {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948},   {0x094D, 0x094D},
    {0x0E31, 0x0E31},   {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF},
    {0x200B, 0x200F},   {0x202A, 0x202E}, {0x2060, 0x2069}, {0x20D0, 0x20FF},   {0x302A, 0x302D},
    {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0001, 0xE007F},
    {0xE0100, 0xE01EF},
}};

constexpr std::array<Range, 19> two_columns = {{
    {0x1100, 0x115F}, {0x231A, 0x231B}, {0x23E9, 0x23EC},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x26AA, 0x26AB}, {0x2705, 0x2705}, {0x2728, 0x2728},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
    {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD},
}};

// Shown as escapes: controls, marks that reorder text, characters that take no room and say
// nothing. U+200D and the variation selectors stay, emoji are made with them.
constexpr std::array<Range, 13> steering = {{
    {0x0000, 0x001F},
    {0x007F, 0x009F},
    {0x00AD, 0x00AD},
    {0x061C, 0x061C},
    {0x180E, 0x180E},
    {0x200B, 0x200C},
    {0x200E, 0x200F},
    {0x2028, 0x202E},
    {0x2060, 0x2064},
    {0x2066, 0x206F},
    {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFB},
    {0xE0001, 0xE007F},
}};

std::size_t columns_of(char32_t code) {
  if (contains(zero_width, code)) return 0;
  return contains(two_columns, code) ? 2 : 1;
}

std::string visible(char32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
  }
  if (code < 0x80) return fmt::format("\\x{:02x}", static_cast<std::uint32_t>(code));
  if (code < 0x10000) return fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
  return fmt::format("\\U{:08x}", static_cast<std::uint32_t>(code));
}

// Calls on_character(Character, bytes) and on_malformed(byte) from the beginning to the end.
template <typename OnCharacter, typename OnMalformed>
void walk(std::string_view text, OnCharacter on_character, OnMalformed on_malformed) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.length == 0) {
      on_malformed(static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    } else {
      on_character(character.code, text.substr(0, character.length));
      text.remove_prefix(character.length);
    }
  }
}

}  // namespace

// Table 3-7 of the Unicode standard: what the second byte may be depends on the first.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return {};
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return {};
  char32_t code = lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  return {code, length};
}

void append_utf8(std::string &text, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  const auto append = [&](char32_t byte) { text += static_cast<char>(byte); };
  const auto continuation = [&](int shift) { append(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    append(code);
  } else if (code < 0x800) {
    append(0xC0 | code >> 6);
    continuation(0);
  } else if (code < 0x10000) {
    append(0xE0 | code >> 12);
    continuation(6);
    continuation(0);
  } else {
    append(0xF0 | code >> 18);
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

std::size_t first_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = first_character(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  walk(
      text, [&](char32_t, std::string_view bytes) { valid += bytes; },
      [&](unsigned char) { valid += "\uFFFD"; });
  return valid;
}

std::string terminal_safe(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  walk(
      text,
      [&](char32_t code, std::string_view bytes) {
        if (contains(steering, code)) {
          safe += visible(code);
        } else {
          safe += bytes;
        }
      },
      [&](unsigned char byte) { safe += fmt::format("\\x{:02x}", byte); });
  return safe;
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  walk(
      text, [&](char32_t code, std::string_view) { width += columns_of(code); },
      [&](unsigned char) { ++width; });
  return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t width = 0, end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    const std::size_t wide = character.length == 0 ? 1 : columns_of(character.code);
    if (width + wide > columns - 1) break;  // one column is the ellipsis's
    width += wide;
    at += std::max<std::size_t>(character.length, 1);
    end = at;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace pictor::host
