#include "pipelines/prompt_batch.hpp"

#include <cstdint>
#include <unordered_map>
#include <utility>

namespace pictor::diffusion {

PromptBatch tokenize(const std::vector<std::string> &prompts,
                     const std::function<TokenizedPrompt(std::string_view)> &tokenizer,
                     at::Device device, const std::string &parameter, std::vector<CutPrompt> &cut) {
  struct Row {
    int64_t index;
    std::string cut;
  };
  std::unordered_map<std::string, Row> rows;
  std::vector<int64_t> ids, row_of_prompt;
  for (size_t i = 0; i < prompts.size(); ++i) {
    auto found = rows.find(prompts[i]);
    if (found == rows.end()) {
      TokenizedPrompt tokens = tokenizer(prompts[i]);
      ids.insert(ids.end(), tokens.ids.begin(), tokens.ids.end());
      const auto index = static_cast<int64_t>(rows.size());
      found = rows.emplace(prompts[i], Row{index, std::move(tokens.cut)}).first;
    }
    row_of_prompt.push_back(found->second.index);
    if (!found->second.cut.empty()) cut.push_back({i, parameter, found->second.cut});
  }
  return {at::tensor(ids).view({static_cast<int64_t>(rows.size()), -1}).to(device),
          at::tensor(row_of_prompt).to(device)};
}

}  // namespace pictor::diffusion
