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
  check_clip_skip(clip_skip, text_model_.config().num_hidden_layers);
  const Batch batch = tokenize(prompts, parameter, cut);
  return text_model_(batch.ids, clip_skip).index_select(0, batch.row_of);
}

ClipTextModel::Output PromptEncoder::with_pooled(const std::vector<std::string> &prompts,
                                                 int64_t clip_skip, const std::string &parameter,
                                                 std::vector<CutPrompt> &cut) const {
  check_clip_skip(clip_skip, text_model_.config().num_hidden_layers - 1);
  const Batch batch = tokenize(prompts, parameter, cut);
  const ClipTextModel::Output output = text_model_.with_pooled(batch.ids, clip_skip + 1);
  return {output.hidden.index_select(0, batch.row_of), output.pooled.index_select(0, batch.row_of)};
}

PromptEncoder::Batch PromptEncoder::tokenize(const std::vector<std::string> &prompts,
                                             const std::string &parameter,
                                             std::vector<CutPrompt> &cut) const {
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
  const at::Device device = text_model_.device();
  return {at::tensor(ids).view({-1, tokenizer_.max_length()}).to(device),
          at::tensor(row_of_prompt).to(device)};
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
