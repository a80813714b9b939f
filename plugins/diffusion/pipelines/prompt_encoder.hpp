#pragma once

#include "pipelines/prompt_batch.hpp"
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
  int64_t pooled_width() const { return text_model_.pooled_width(); }

  // [prompts, max_length, width], one row for each prompt; equal prompts are computed once.
  // `parameter` names the prompts in what is appended to `cut`. Throws Error for a bad `clip_skip`.
  at::Tensor operator()(const std::vector<std::string> &prompts, int64_t clip_skip,
                        const std::string &parameter, std::vector<CutPrompt> &cut) const;

  // What SDXL and SD 3 take: the hidden state `clip_skip` layers before the last but one, without
  // the final layer norm, [prompts, max_length, width]; and one vector for the whole prompt,
  // [prompts, pooled_width]. Otherwise as above.
  ClipTextModel::Output with_pooled(const std::vector<std::string> &prompts, int64_t clip_skip,
                                    const std::string &parameter,
                                    std::vector<CutPrompt> &cut) const;

 private:
  PromptBatch tokenized(const std::vector<std::string> &prompts, const std::string &parameter,
                        std::vector<CutPrompt> &cut) const;
  void check_clip_skip(int64_t clip_skip, int64_t most) const;

  ClipTokenizer tokenizer_;
  ClipTextModel text_model_;
};

}  // namespace pictor::diffusion
