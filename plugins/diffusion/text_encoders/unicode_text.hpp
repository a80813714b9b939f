#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text as code points, as far as tokenizers need it.
namespace pictor::diffusion {

// Each byte that is not part of valid UTF-8 becomes U+FFFD.
std::u32string decode_utf8(std::string_view text);
std::string encode_utf8(std::u32string_view text);

// Unicode normalization form C. Takes n log n time, whatever the text.
std::u32string normalize_nfc(std::u32string_view text);

// The code points of the first character as a reader sees it: an extended grapheme cluster of
// Unicode's annex 29. 0 for an empty text.
size_t grapheme_length(std::u32string_view text);

// Lower case of each code point by itself, without the rules that depend on its neighbours.
std::u32string lower_case(std::u32string_view text);

bool is_space(char32_t code_point);   // White_Space
bool is_letter(char32_t code_point);  // \p{L}
bool is_number(char32_t code_point);  // \p{N}

}  // namespace pictor::diffusion
