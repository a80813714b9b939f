#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pictor::host {

// The first character of a text that is not empty; length 0: its first byte starts no well-formed
// sequence.
struct Character {
  char32_t code = 0;
  std::size_t length = 0;  // bytes
};
Character first_character(std::string_view text);

// Appends a character as UTF-8; U+FFFD for surrogates and numbers that are none.
void append_utf8(std::string &text, char32_t code);

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Position of the first byte that is not part of well-formed UTF-8 (overlong forms, surrogates and
// numbers above U+10FFFF are not); npos when all of it is.
std::size_t first_invalid_utf8(std::string_view text);

// The text with every malformed sequence replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

// The text with everything made visible that could steer a terminal or mislead its reader: control
// characters (\n, \t, \x1b), bidirectional overrides and invisible marks (\u202e), malformed bytes
// (\xff). One line, printable, valid UTF-8.
std::string terminal_safe(std::string_view text);

// For HTML's text and double-quoted attributes.
std::string escape_html(std::string_view text);

// Terminal columns of a valid UTF-8 text: 0 for combining marks, 2 for wide East Asian characters
// and emoji. An estimate where terminals differ.
std::size_t display_width(std::string_view text);

// The text when it fits into that many columns, else as much of its beginning as fits with "…"
// after it. Cuts between characters, never between a letter and its marks.
std::string shortened(std::string_view text, std::size_t columns);

}  // namespace pictor::host
