#include "pipelines/t5_prompt_encoder.hpp"

#include "error.hpp"
#include "pipelines/prompt_batch.hpp"

#include <utility>

namespace pictor::diffusion {

T5PromptEncoder::T5PromptEncoder(T5Tokenizer tokenizer, T5EncoderModel text_model)
    : tokenizer_(std::move(tokenizer)), text_model_(std::move(text_model)) {
  if (tokenizer_.piece_count() > text_model_->config().vocab_size) {
    throw Error{ErrorKind::invalid_argument,
                "the T5 tokenizer has ids up to " + std::to_string(tokenizer_.piece_count() - 1) +
                    ", but the text encoder's vocab_size is " +
                    std::to_string(text_model_->config().vocab_size) +
                    "; are both of the same model?",
                "model"};
  }
}

at::Tensor T5PromptEncoder::operator()(const std::vector<std::string> &prompts,
                                       int64_t max_sequence_length, const std::string &parameter,
                                       std::vector<CutPrompt> &cut) const {
  const std::shared_ptr<const T5EncoderModel> text_model = text_model_.get();
  const PromptBatch batch = tokenize(
      prompts,
      [&](std::string_view prompt) { return tokenized(prompt, max_sequence_length, parameter); },
      text_model->device(), parameter, cut);
  return (*text_model)(batch.ids).index_select(0, batch.row_of);
}

TokenizedPrompt T5PromptEncoder::tokenized(std::string_view prompt, int64_t max_sequence_length,
                                           const std::string &parameter) const {
  TokenizedPrompt tokens = tokenizer_(prompt, max_sequence_length);
  const int64_t known = text_model_->config().vocab_size;
  for (const int64_t id : tokens.ids) {
    if (id < known) continue;
    throw Error{ErrorKind::invalid_argument,
                parameter + ": it holds " + tokenizer_.decode({id}) +
                    ", a special token that this model does not know; leave it out",
                parameter};
  }
  return tokens;
}

int64_t resolve_sequence_length(const TextToImageRequest &request, int64_t fallback, int64_t most) {
  const int64_t length = request.max_sequence_length.value_or(fallback);
  if (length >= 1 && length <= most) return length;
  throw Error{ErrorKind::invalid_argument,
              "max_sequence_length = " + std::to_string(length) + " is not between 1 and " +
                  std::to_string(most) + ", the most tokens that this model reads of a prompt",
              "max_sequence_length"};
}

}  // namespace pictor::diffusion
