#pragma once

#include "pipelines/text_to_image.hpp"
#include "text_encoders/relocatable.hpp"
#include "text_encoders/t5_encoder_model.hpp"
#include "text_encoders/t5_tokenizer.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::diffusion {

// T5's tokenizer and encoder together: prompts to hidden states.
class T5PromptEncoder {
 public:
  // Throws Error when the two are not of the same model.
  T5PromptEncoder(T5Tokenizer tokenizer, T5EncoderModel text_model);

  int64_t width() const { return text_model_->config().d_model; }

  // Moves the encoder to the device and dtype of `options`, where its states are from then on.
  void to(const at::TensorOptions &options) const { text_model_.to(options); }

  // [prompts, max_sequence_length, width], one row for each prompt; equal prompts are computed
  // once. `parameter` names the prompts in what is appended to `cut`. Throws Error for a special
  // token that the model has no embedding of.
  at::Tensor operator()(const std::vector<std::string> &prompts, int64_t max_sequence_length,
                        const std::string &parameter, std::vector<CutPrompt> &cut) const;

 private:
  TokenizedPrompt tokenized(std::string_view prompt, int64_t max_sequence_length,
                            const std::string &parameter) const;

  T5Tokenizer tokenizer_;
  Relocatable<T5EncoderModel> text_model_;
};

// How many tokens of a prompt T5 reads: as asked, or `fallback`. Throws Error for more than `most`.
int64_t resolve_sequence_length(const TextToImageRequest &request, int64_t fallback, int64_t most);

}  // namespace pictor::diffusion
