#include "output/exif.hpp"

#include "base/escape.hpp"

#include <cstdint>
#include <optional>

namespace pictor::host {

namespace {

using namespace std::string_view_literals;

constexpr std::uint16_t tag_exif_ifd = 0x8769;
constexpr std::uint16_t tag_user_comment = 0x9286;
constexpr std::uint16_t type_long = 4, type_undefined = 7;
constexpr auto unicode_prefix = "UNICODE\0"sv;
constexpr auto ascii_prefix = "ASCII\0\0\0"sv;
constexpr auto undefined_prefix = "\0\0\0\0\0\0\0\0"sv;

void append16(std::string &out, std::uint32_t value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

void append32(std::string &out, std::uint32_t value) {
  append16(out, value >> 16);
  append16(out, value);
}

// One directory with one entry; the entry's value is a number or an offset.
void append_directory(std::string &out, std::uint16_t tag, std::uint16_t type, std::uint32_t count,
                      std::uint32_t value) {
  append16(out, 1);
  append16(out, tag);
  append16(out, type);
  append32(out, count);
  append32(out, value);
  append32(out, 0);  // no next directory
}

std::string to_utf16(std::string_view text) {
  std::string utf16;
  while (!text.empty()) {
    const Character character = first_character(text);
    const char32_t code = character.length == 0 ? 0xFFFD : character.code;
    if (code < 0x10000) {
      append16(utf16, code);
    } else {
      append16(utf16, 0xD800 + ((code - 0x10000) >> 10));
      append16(utf16, 0xDC00 + ((code - 0x10000) & 0x3FF));
    }
    text.remove_prefix(character.length == 0 ? 1 : character.length);
  }
  return utf16;
}

// Numbers of a TIFF block; nothing past its end.
class Tiff {
 public:
  Tiff(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> number(std::uint64_t at, int size) const {
    if (at + static_cast<std::uint64_t>(size) > bytes_.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i) {
      const std::uint64_t from = at + static_cast<std::uint64_t>(big_endian_ ? i : size - 1 - i);
      value = value << 8 | static_cast<unsigned char>(bytes_[from]);
    }
    return value;
  }

  // Where the directory at `directory` holds that tag.
  std::optional<std::uint64_t> entry(std::uint64_t directory, std::uint16_t tag) const {
    const auto count = number(directory, 2);
    if (!count) return std::nullopt;
    for (std::uint64_t i = 0; i < *count; ++i) {
      const std::uint64_t at = directory + 2 + i * 12;
      const auto found = number(at, 2);
      if (!found) return std::nullopt;
      if (*found == tag) return at;
    }
    return std::nullopt;
  }

  std::string_view value(std::uint64_t entry) const {
    const auto count = number(entry + 4, 4), offset = number(entry + 8, 4);
    if (!count || !offset || std::uint64_t{*offset} + *count > bytes_.size()) return {};
    return bytes_.substr(*offset, *count);
  }

 private:
  std::string_view bytes_;
  bool big_endian_;
};

// Writers disagree whether the text follows the block's byte order. Most text has characters below
// U+0100: their zero bytes come first in big-endian text.
bool is_big_endian(std::string_view utf16, bool otherwise) {
  if (utf16.starts_with("\xFE\xFF")) return true;
  if (utf16.starts_with("\xFF\xFE")) return false;
  std::size_t first = 0, second = 0;
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
    first += utf16[i] == 0;
    second += utf16[i + 1] == 0;
  }
  return first == second ? otherwise : first > second;
}

std::string from_utf16(std::string_view utf16, bool big_endian) {
  const auto unit = [&](std::size_t i) -> char32_t {
    const auto high = static_cast<unsigned char>(utf16[i + (big_endian ? 0 : 1)]);
    const auto low = static_cast<unsigned char>(utf16[i + (big_endian ? 1 : 0)]);
    return static_cast<char32_t>(high << 8 | low);
  };
  std::string text;
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
    char32_t code = unit(i);
    const bool pair = code >= 0xD800 && code < 0xDC00 && i + 3 < utf16.size() &&
                      unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000;
    if (pair) {
      code = 0x10000 + ((code - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    }
    if (code != 0xFEFF) append_utf8(text, code);
  }
  return text;
}

}  // namespace

std::string make_exif(std::string_view text) {
  std::string comment(unicode_prefix);
  comment += to_utf16(text);
  constexpr std::uint32_t header = 8, directory = 18;
  std::string exif("MM\0*\0\0\0\x08", header);
  append_directory(exif, tag_exif_ifd, type_long, 1, header + directory);
  append_directory(exif, tag_user_comment, type_undefined,
                   static_cast<std::uint32_t>(comment.size()), header + 2 * directory);
  return exif + comment;
}

std::string exif_user_comment(std::string_view exif) {
  if (exif.starts_with("Exif\0\0"sv)) exif.remove_prefix(6);
  const bool big_endian = exif.starts_with("MM\0*"sv);
  if (!big_endian && !exif.starts_with("II*\0"sv)) return {};
  const Tiff tiff(exif, big_endian);
  const auto root = tiff.number(4, 4);
  if (!root) return {};
  const auto pointer = tiff.entry(*root, tag_exif_ifd);
  const auto directory = pointer ? tiff.number(*pointer + 8, 4) : std::nullopt;
  const auto entry = directory ? tiff.entry(*directory, tag_user_comment) : std::nullopt;
  if (!entry) return {};
  std::string_view comment = tiff.value(*entry);
  if (comment.starts_with(unicode_prefix)) {
    comment.remove_prefix(unicode_prefix.size());
    return from_utf16(comment, is_big_endian(comment, big_endian));
  }
  if (comment.starts_with(ascii_prefix) || comment.starts_with(undefined_prefix)) {
    comment.remove_prefix(ascii_prefix.size());
  }
  return valid_utf8(comment);
}

}  // namespace pictor::host
