#pragma once

#include "pipelines/text_to_image.hpp"
#include "text_encoders/clip_text_model.hpp"
#include "text_encoders/clip_tokenizer.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::diffusion {

// CLIP's tokenizer and text model together: prompts to hidden states.
class PromptEncoder {
 public:
  // Throws Error when the two are not of the same model.
  PromptEncoder(ClipTokenizer tokenizer, ClipTextModel text_model);

  int64_t width() const { return text_model_.config().hidden_size; }

  // [prompts, max_length, width], one row for each prompt; equal prompts are computed once.
  // `parameter` names the prompts in what is appended to `cut`. Throws Error for a bad `clip_skip`.
  at::Tensor operator()(const std::vector<std::string> &prompts, int64_t clip_skip,
                        const std::string &parameter, std::vector<CutPrompt> &cut) const;

 private:
  ClipTokenizer tokenizer_;
  ClipTextModel text_model_;
};

}  // namespace pictor::diffusion
