#pragma once

#include "pipelines/text_to_image.hpp"
#include "text_encoders/tokenized_prompt.hpp"

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// Prompts as a text encoder takes them. Equal ones are encoded once.
struct PromptBatch {
  at::Tensor ids;     // [distinct prompts, tokens] int64
  at::Tensor row_of;  // [prompts]: the row of `ids` of each
};

// `tokenizer` gives as many ids for each prompt. `parameter` names the prompts in what is appended
// to `cut`.
PromptBatch tokenize(const std::vector<std::string> &prompts,
                     const std::function<TokenizedPrompt(std::string_view)> &tokenizer,
                     at::Device device, const std::string &parameter, std::vector<CutPrompt> &cut);

}  // namespace pictor::diffusion
