#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// The tokens that a tokenizer recognises where their names stand in a prompt, before any other
// rule, as transformers does. Where several fit, the longest is taken.
class SpecialTokens {
 public:
  void add(std::string text, int64_t id);

  // Hands over, in order, the text between special tokens, which may be empty, and their ids.
  void split(std::string_view prompt, const std::function<void(std::string_view)> &plain,
             const std::function<void(int64_t)> &special) const;

 private:
  struct Token {
    std::string text;
    int64_t id;
  };

  const Token *at(std::string_view text) const;

  std::vector<Token> tokens_;  // longest first
  std::string first_bytes_;    // of all of them
};

}  // namespace pictor::diffusion
