#pragma once

#include "text_encoders/precompiled_charsmap.hpp"
#include "text_encoders/special_tokens.hpp"
#include "text_encoders/tokenized_prompt.hpp"
#include "text_encoders/unigram_encoder.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// transformers' T5TokenizerFast. Const members may be called from several threads.
class T5Tokenizer {
 public:
  // Reads spiece.model of `folder`, or tokenizer.json where that is missing, and, if it is there,
  // tokenizer_config.json. Throws Error.
  explicit T5Tokenizer(const std::filesystem::path &folder);

  // The pieces of the model, without the extra tokens ("<extra_id_0>") that follow them.
  int64_t piece_count() const { return piece_count_; }

  // `max_length` ids, which must be 1 or more. Any bytes are a valid prompt; those that are not
  // UTF-8 count as U+FFFD. The special tokens are recognised where their names stand in the text.
  TokenizedPrompt operator()(std::string_view prompt, int64_t max_length) const;

  // All ids of a prompt and the end, without limit or padding.
  std::vector<int64_t> encode(std::string_view prompt) const;

  std::string decode(const std::vector<int64_t> &ids) const;

 private:
  T5Tokenizer(const std::filesystem::path &file, int64_t extra_tokens);
  T5Tokenizer(const std::filesystem::path &file, SentencePieceModel model, int64_t extra_tokens);
  void encode_plain(std::string_view text, std::vector<int64_t> &ids) const;

  int64_t piece_count_;
  PrecompiledCharsmap charsmap_;
  UnigramEncoder encoder_;
  int64_t end_ = -1;
  int64_t pad_ = -1;
  SpecialTokens special_tokens_;
};

}  // namespace pictor::diffusion
