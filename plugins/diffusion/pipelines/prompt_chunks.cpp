#include "pipelines/prompt_chunks.hpp"

#include "text_encoders/prompt_weights.hpp"

#include <algorithm>
#include <cstddef>

namespace pictor::diffusion {
namespace {

// What a prompt says, without start, end and padding.
struct Tokens {
  std::vector<int64_t> ids;
  std::vector<float> weights;
};

Tokens tokens_of(const ClipTokenizer &tokenizer, std::string_view prompt, bool weights,
                 const std::string &parameter) {
  const std::vector<WeightedText> texts = weights
                                              ? weighted_texts(prompt, parameter)
                                              : std::vector<WeightedText>{{std::string{prompt}, 1}};
  Tokens tokens;
  for (const WeightedText &text : texts) {
    const std::vector<int64_t> ids = tokenizer.encode(text.text);
    tokens.ids.insert(tokens.ids.end(), ids.begin() + 1, ids.end() - 1);
    tokens.weights.resize(tokens.ids.size(), static_cast<float>(text.weight));
  }
  return tokens;
}

}  // namespace

PromptChunks in_chunks(const ClipTokenizer &tokenizer, std::string_view prompt,
                       const PromptLayout &layout, const std::string &parameter) {
  const Tokens tokens = tokens_of(tokenizer, prompt, layout.weights, parameter);
  const size_t places = static_cast<size_t>(tokenizer.max_length()) - 2;
  PromptChunks chunks;
  size_t first = 0;
  for (int64_t chunk = 0; chunk < layout.chunks; ++chunk) {
    const size_t end = std::min(first + places, tokens.ids.size());
    const std::vector<int64_t> framed = tokenizer.framed({tokens.ids.data() + first, end - first});
    chunks.ids.insert(chunks.ids.end(), framed.begin(), framed.end());
    chunks.weights.push_back(1);
    chunks.weights.insert(chunks.weights.end(), tokens.weights.data() + first,
                          tokens.weights.data() + end);
    chunks.weights.resize(chunks.ids.size(), 1);
    first = end;
  }
  chunks.cut =
      tokenizer.decode({tokens.ids.begin() + static_cast<std::ptrdiff_t>(first), tokens.ids.end()});
  return chunks;
}

int64_t count_chunks(const ClipTokenizer &tokenizer, std::string_view prompt, bool weights,
                     const std::string &parameter) {
  const auto count =
      static_cast<int64_t>(tokens_of(tokenizer, prompt, weights, parameter).ids.size());
  const int64_t places = tokenizer.max_length() - 2;
  return std::max<int64_t>(1, (count + places - 1) / places);
}

}  // namespace pictor::diffusion
