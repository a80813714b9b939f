#include "pipelines/prompt_pair.hpp"

#include "pipelines/guidance.hpp"

namespace pictor::diffusion {

std::vector<PromptPair> prompt_pairs(const TextToImageRequest &request) {
  if (!is_guided(request)) return {kPrompts};
  return {kPrompts, kNegativePrompts};
}

std::vector<std::string> second_texts(const TextToImageRequest &request, const PromptPair &pair) {
  std::vector<std::string> texts = texts_of(request, pair.text);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (has_second(request, pair, i)) texts[i] = request.samples[i].*pair.text_2;
  }
  return texts;
}

}  // namespace pictor::diffusion
