#include "pipelines/prompt_encoder.hpp"

#include "error.hpp"

#include <string_view>
#include <utility>

namespace pictor::diffusion {

PromptEncoder::PromptEncoder(ClipTokenizer tokenizer, ClipTextModel text_model)
    : tokenizer_(std::move(tokenizer)), text_model_(std::move(text_model)) {
  if (tokenizer_.vocabulary_size() > text_model_.config().vocab_size) {
    throw Error{ErrorKind::invalid_argument,
                "the tokenizer has ids up to " + std::to_string(tokenizer_.vocabulary_size() - 1) +
                    ", but the text encoder's vocab_size is " +
                    std::to_string(text_model_.config().vocab_size) +
                    "; are both of the same model?",
                "model"};
  }
}

at::Tensor PromptEncoder::operator()(const std::vector<std::string> &prompts, int64_t clip_skip,
                                     const std::string &parameter,
                                     std::vector<CutPrompt> &cut) const {
  check_clip_skip(clip_skip, text_model_.config().num_hidden_layers);
  const PromptBatch batch = tokenized(prompts, parameter, cut);
  return text_model_(batch.ids, clip_skip).index_select(0, batch.row_of);
}

ClipTextModel::Output PromptEncoder::with_pooled(const std::vector<std::string> &prompts,
                                                 int64_t clip_skip, const std::string &parameter,
                                                 std::vector<CutPrompt> &cut) const {
  check_clip_skip(clip_skip, text_model_.config().num_hidden_layers - 1);
  const PromptBatch batch = tokenized(prompts, parameter, cut);
  const ClipTextModel::Output output = text_model_.with_pooled(batch.ids, clip_skip + 1);
  return {output.hidden.index_select(0, batch.row_of), output.pooled.index_select(0, batch.row_of)};
}

PromptBatch PromptEncoder::tokenized(const std::vector<std::string> &prompts,
                                     const std::string &parameter,
                                     std::vector<CutPrompt> &cut) const {
  return tokenize(
      prompts, [&](std::string_view prompt) { return tokenizer_(prompt); }, text_model_.device(),
      parameter, cut);
}

void PromptEncoder::check_clip_skip(int64_t clip_skip, int64_t most) const {
  if (clip_skip >= 0 && clip_skip <= most) return;
  throw Error{ErrorKind::invalid_argument,
              "clip_skip = " + std::to_string(clip_skip) + " is not between 0 and " +
                  std::to_string(most) + ": the text encoder has " +
                  std::to_string(text_model_.config().num_hidden_layers) + " layers",
              "clip_skip"};
}

}  // namespace pictor::diffusion
