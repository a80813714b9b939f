#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// sentencepiece's table of what characters are written as before a text is cut into pieces: NFKC,
// and every space, tab and line end as one blank.
class PrecompiledCharsmap {
 public:
  // `blob`: the length of a double array in four bytes, the array (a trie over UTF-8, as the
  // darts-clone library lays it out), then the replacements, each with a zero byte at its end.
  // Empty: every text stays as it is. Throws Error, naming `origin`, for a blob that is too short.
  PrecompiledCharsmap(std::string_view blob, const std::string &origin);

  // What transformers' fast tokenizers make of a text: a grapheme of less than six bytes is
  // replaced whole when any beginning of it is in the table, and is looked up code point by code
  // point otherwise.
  std::u32string normalize(std::u32string_view text) const;

 private:
  // The replacement of the shortest beginning of `text` that is in the table.
  std::optional<std::string_view> find(std::string_view text) const;

  std::vector<uint32_t> trie_;
  std::string replacements_;
};

}  // namespace pictor::diffusion
