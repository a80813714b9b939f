#pragma once

#include "pipelines/text_to_image.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace pictor::diffusion {

// A prompt, and the one that another text encoder reads in its place where it is given.
struct PromptPair {
  const char *name;  // of the parameters
  const char *name_2;
  std::string TextToImageRequest::Sample::*text;
  std::string TextToImageRequest::Sample::*text_2;
};

inline constexpr PromptPair kPrompts{"prompt", "prompt_2", &TextToImageRequest::Sample::prompt,
                                     &TextToImageRequest::Sample::prompt_2};
inline constexpr PromptPair kNegativePrompts{"negative_prompt", "negative_prompt_2",
                                             &TextToImageRequest::Sample::negative_prompt,
                                             &TextToImageRequest::Sample::negative_prompt_2};

// What SD 3's T5 reads.
inline constexpr PromptPair kPromptsForT5{"prompt", "prompt_3", &TextToImageRequest::Sample::prompt,
                                          &TextToImageRequest::Sample::prompt_3};
inline constexpr PromptPair kNegativePromptsForT5{"negative_prompt", "negative_prompt_3",
                                                  &TextToImageRequest::Sample::negative_prompt,
                                                  &TextToImageRequest::Sample::negative_prompt_3};

// Those of CLIP that have a say in the request: without guidance no negative one.
std::vector<PromptPair> prompt_pairs(const TextToImageRequest &request);

inline bool has_second(const TextToImageRequest &request, const PromptPair &pair, size_t sample) {
  return !(request.samples[sample].*pair.text_2).empty();
}

// The second text of every sample, the first where that is empty.
std::vector<std::string> second_texts(const TextToImageRequest &request, const PromptPair &pair);

}  // namespace pictor::diffusion
