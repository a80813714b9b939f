#include "text_encoders/precompiled_charsmap.hpp"

#include "error.hpp"
#include "text_encoders/unicode_text.hpp"

#include <cstring>

namespace pictor::diffusion {
namespace {

constexpr size_t kLongestWholeGrapheme = 5;  // bytes of UTF-8

// One unit of a double array. A node is a unit; its children stand at its position xor its offset
// xor their label, and its value, if it has one, at its position xor its offset.
bool has_value(uint32_t unit) {
  return (unit >> 8 & 1) != 0;
}
uint32_t value(uint32_t unit) {
  return unit & 0x7FFFFFFF;
}
uint32_t label(uint32_t unit) {
  return unit & 0x800000FF;
}
uint32_t offset(uint32_t unit) {
  return unit >> 10 << ((unit & 0x200) >> 6);
}

}  // namespace

PrecompiledCharsmap::PrecompiledCharsmap(std::string_view blob, const std::string &origin) {
  if (blob.empty()) return;
  uint32_t trie_bytes = 0;
  const bool has_length = blob.size() >= sizeof trie_bytes;
  if (has_length) std::memcpy(&trie_bytes, blob.data(), sizeof trie_bytes);
  if (!has_length || trie_bytes > blob.size() - sizeof trie_bytes ||
      trie_bytes % sizeof(uint32_t) != 0) {
    throw Error{ErrorKind::invalid_argument, origin + ": the table of its normalizer is cut short",
                "model"};
  }
  blob.remove_prefix(sizeof trie_bytes);
  trie_.resize(trie_bytes / sizeof(uint32_t));
  if (!trie_.empty()) std::memcpy(trie_.data(), blob.data(), trie_bytes);
  replacements_ = blob.substr(trie_bytes);
}

std::optional<std::string_view> PrecompiledCharsmap::find(std::string_view text) const {
  if (trie_.empty()) return std::nullopt;
  size_t node = offset(trie_[0]);
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    node ^= byte;
    if (byte == 0 || node >= trie_.size() || label(trie_[node]) != byte) return std::nullopt;
    const uint32_t unit = trie_[node];
    node ^= offset(unit);
    if (!has_value(unit)) continue;
    if (node >= trie_.size() || value(trie_[node]) >= replacements_.size()) return std::nullopt;
    const std::string_view rest = std::string_view{replacements_}.substr(value(trie_[node]));
    return rest.substr(0, rest.find('\0'));
  }
  return std::nullopt;
}

std::u32string PrecompiledCharsmap::normalize(std::u32string_view text) const {
  std::string result;
  while (!text.empty()) {
    const std::u32string_view grapheme = text.substr(0, grapheme_length(text));
    text.remove_prefix(grapheme.size());
    const std::string whole = encode_utf8(grapheme);
    const auto replacement = whole.size() <= kLongestWholeGrapheme ? find(whole) : std::nullopt;
    if (replacement) {
      result += *replacement;
      continue;
    }
    for (const char32_t code_point : grapheme) {
      const std::string character = encode_utf8({&code_point, 1});
      result += find(character).value_or(character);
    }
  }
  return decode_utf8(result);
}

}  // namespace pictor::diffusion
