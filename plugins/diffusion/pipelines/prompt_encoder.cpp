#include "pipelines/prompt_encoder.hpp"

#include "error.hpp"

#include <unordered_map>
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
  const int64_t layers = text_model_.config().num_hidden_layers;
  if (clip_skip < 0 || clip_skip > layers) {
    throw Error{ErrorKind::invalid_argument,
                "clip_skip = " + std::to_string(clip_skip) +
                    " is not between 0 and the text encoder's " + std::to_string(layers) +
                    " layers",
                "clip_skip"};
  }
  struct Row {
    int64_t index;
    std::string cut;
  };
  std::unordered_map<std::string, Row> rows;
  std::vector<int64_t> ids, row_of_prompt;
  for (size_t i = 0; i < prompts.size(); ++i) {
    auto found = rows.find(prompts[i]);
    if (found == rows.end()) {
      TokenizedPrompt tokens = tokenizer_(prompts[i]);
      ids.insert(ids.end(), tokens.ids.begin(), tokens.ids.end());
      const auto index = static_cast<int64_t>(rows.size());
      found = rows.emplace(prompts[i], Row{index, std::move(tokens.cut)}).first;
    }
    row_of_prompt.push_back(found->second.index);
    if (!found->second.cut.empty()) cut.push_back({i, parameter, found->second.cut});
  }
  const at::Tensor batch = at::tensor(ids).view({-1, tokenizer_.max_length()});
  const at::Tensor hidden = text_model_(batch.to(text_model_.device()), clip_skip);
  return hidden.index_select(0, at::tensor(row_of_prompt).to(text_model_.device()));
}

}  // namespace pictor::diffusion
