#include "text_encoders/unicode_text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace pictor::diffusion {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr auto kComposed = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

// The longest canonical decomposition of one code point has four.
constexpr size_t kDecompositionLimit = 8;

int combining_class(utf8proc_int32_t code_point) {
  return utf8proc_get_property(code_point)->combining_class;
}

std::u32string decompose(std::u32string_view text) {
  std::u32string result;
  for (const char32_t code_point : text) {
    std::array<utf8proc_int32_t, kDecompositionLimit> parts{};
    int boundary = 0;
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code_point), parts.data(),
                                parts.size(), kComposed, &boundary);
    if (count < 0 || static_cast<size_t>(count) > parts.size()) {
      result += kReplacement;
      continue;
    }
    for (utf8proc_ssize_t i = 0; i < count; ++i) result += static_cast<char32_t>(parts[i]);
  }
  return result;
}

// utf8proc orders combining marks by insertion, which is quadratic in a long run of them.
void order_marks(std::u32string &text) {
  const auto is_starter = [](char32_t c) { return combining_class(static_cast<int>(c)) == 0; };
  const auto by_class = [](char32_t a, char32_t b) {
    return combining_class(static_cast<int>(a)) < combining_class(static_cast<int>(b));
  };
  for (auto begin = text.begin(); begin != text.end();) {
    begin = std::find_if_not(begin, text.end(), is_starter);
    const auto end = std::find_if(begin, text.end(), is_starter);
    std::stable_sort(begin, end, by_class);
    begin = end;
  }
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  std::u32string result;
  const auto *bytes = reinterpret_cast<const utf8proc_uint8_t *>(text.data());
  for (size_t i = 0; i < text.size();) {
    utf8proc_int32_t code_point = -1;
    const utf8proc_ssize_t length =
        utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(text.size() - i), &code_point);
    result += length > 0 ? static_cast<char32_t>(code_point) : kReplacement;
    i += length > 0 ? static_cast<size_t>(length) : 1;
  }
  return result;
}

std::string encode_utf8(std::u32string_view text) {
  std::string result;
  for (const char32_t code_point : text) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const utf8proc_ssize_t length =
        utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes.data());
    result.append(bytes.begin(), bytes.begin() + length);
  }
  return result;
}

std::u32string normalize_nfc(std::u32string_view text) {
  std::u32string decomposed = decompose(text);
  order_marks(decomposed);
  std::basic_string<utf8proc_int32_t> buffer(decomposed.begin(), decomposed.end());
  const utf8proc_ssize_t length = utf8proc_normalize_utf32(
      buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()), kComposed);
  if (length < 0) return decomposed;
  return std::u32string(buffer.begin(), buffer.begin() + length);
}

size_t grapheme_length(std::u32string_view text) {
  utf8proc_int32_t state = 0;
  for (size_t i = 1; i < text.size(); ++i) {
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(text[i - 1]),
                                         static_cast<utf8proc_int32_t>(text[i]), &state)) {
      return i;
    }
  }
  return text.size();
}

std::u32string lower_case(std::u32string_view text) {
  // The one code point whose lower case is two: I with a dot above becomes i and the dot.
  constexpr char32_t kDottedI = 0x130, kDotAbove = 0x307;
  std::u32string result;
  for (const char32_t code_point : text) {
    if (code_point == kDottedI) {
      result += {U'i', kDotAbove};
    } else {
      result += static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)));
    }
  }
  return result;
}

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_letter(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return true;
    default:
      return false;
  }
}

bool is_number(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

}  // namespace pictor::diffusion
