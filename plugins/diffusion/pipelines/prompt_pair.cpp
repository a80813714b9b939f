#include "pipelines/prompt_pair.hpp"

namespace pictor::diffusion {

std::vector<std::string> second_texts(const TextToImageRequest &request, const PromptPair &pair) {
  std::vector<std::string> texts = texts_of(request, pair.text);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (has_second(request, pair, i)) texts[i] = request.samples[i].*pair.text_2;
  }
  return texts;
}

}  // namespace pictor::diffusion
