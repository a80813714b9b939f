#include "text_encoders/special_tokens.hpp"

#include <algorithm>
#include <utility>

namespace pictor::diffusion {

void SpecialTokens::add(std::string text, int64_t id) {
  if (text.empty()) return;
  if (first_bytes_.find(text.front()) == std::string::npos) first_bytes_ += text.front();
  const auto shorter = std::find_if(tokens_.begin(), tokens_.end(), [&](const Token &other) {
    return other.text.size() < text.size();
  });
  tokens_.insert(shorter, {std::move(text), id});
}

const SpecialTokens::Token *SpecialTokens::at(std::string_view text) const {
  if (first_bytes_.find(text.front()) == std::string::npos) return nullptr;
  for (const Token &token : tokens_) {
    if (text.substr(0, token.text.size()) == token.text) return &token;
  }
  return nullptr;
}

void SpecialTokens::split(std::string_view prompt,
                          const std::function<void(std::string_view)> &plain,
                          const std::function<void(int64_t)> &special) const {
  size_t begin = 0;
  for (size_t i = 0; i < prompt.size();) {
    const Token *token = at(prompt.substr(i));
    if (token == nullptr) {
      ++i;
      continue;
    }
    plain(prompt.substr(begin, i - begin));
    special(token->id);
    i += token->text.size();
    begin = i;
  }
  plain(prompt.substr(begin));
}

}  // namespace pictor::diffusion
