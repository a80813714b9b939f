#pragma once

#include "text_encoders/byte_pair_encoder.hpp"
#include "text_encoders/special_tokens.hpp"
#include "text_encoders/tokenized_prompt.hpp"

#include <c10/util/ArrayRef.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pictor::diffusion {

// transformers' CLIPTokenizer. Const members may be called from several threads.
class ClipTokenizer {
 public:
  // Reads vocab.json and merges.txt (or tokenizer.json), tokenizer_config.json and
  // special_tokens_map.json of `folder`.
  // `max_positions` is what the text encoder can take; model_max_length may be lower. Throws Error.
  ClipTokenizer(const std::filesystem::path &folder, int64_t max_positions);

  int64_t max_length() const { return max_length_; }
  int64_t vocabulary_size() const { return encoder_.vocabulary_size(); }

  // Any bytes are a valid prompt; those that are not UTF-8 count as U+FFFD. The special tokens are
  // recognised where their names stand in the text, as in transformers.
  TokenizedPrompt operator()(std::string_view prompt) const;

  // All ids of a prompt between start and end, without limit or padding.
  std::vector<int64_t> encode(std::string_view prompt) const;

  // At most max_length - 2 ids between start and end, padded to max_length.
  std::vector<int64_t> framed(c10::ArrayRef<int64_t> ids) const;

  std::string decode(const std::vector<int64_t> &ids) const;

 private:
  void read_special_tokens(const std::filesystem::path &folder);
  void encode_plain(std::string_view text, std::vector<int64_t> &ids) const;

  BytePairEncoder encoder_;
  int64_t max_length_;
  int64_t start_ = -1;
  int64_t end_ = -1;
  int64_t unknown_ = -1;
  int64_t pad_ = -1;
  SpecialTokens special_tokens_;
};

}  // namespace pictor::diffusion
