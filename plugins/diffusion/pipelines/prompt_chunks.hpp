#pragma once

#include "text_encoders/clip_tokenizer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// How a prompt is laid out for CLIP. The default is diffusers': one chunk, every bracket text.
struct PromptLayout {
  int64_t chunks = 1;    // that each prompt is filled up to, with chunks of no text; more is cut
  bool weights = false;  // brackets are read as weighted_texts() says
};

// A prompt in chunks of the tokenizer's max_length ids: start, tokens of the prompt, end, padding.
struct PromptChunks {
  std::vector<int64_t> ids;    // all chunks', one after the other
  std::vector<float> weights;  // one for each id; 1 but for the prompt's own
  std::string cut;             // the end of the prompt that had no place, or empty
};

// `parameter` names the prompt. Throws Error for a weight that is no number. A stretch of text of
// one weight is tokenized by itself; chunks are filled to the last place, whatever they part.
PromptChunks in_chunks(const ClipTokenizer &tokenizer, std::string_view prompt,
                       const PromptLayout &layout, const std::string &parameter);

// The chunks that the prompt needs, at least one.
int64_t count_chunks(const ClipTokenizer &tokenizer, std::string_view prompt, bool weights,
                     const std::string &parameter);

}  // namespace pictor::diffusion
