#include "text_encoders/prompt_weights.hpp"

#include "error.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

namespace pictor::diffusion {
namespace {

constexpr double kRound = 1.1;
constexpr double kSquare = 1 / 1.1;
constexpr std::string_view kSpaces = " \t\n\r\f\v";

// ":1.3)" at the beginning of a text.
struct WeightEnd {
  std::string_view number;
  size_t length;  // of the whole
};

std::optional<WeightEnd> weight_end_at(std::string_view text) {
  if (text.empty() || text.front() != ':') return std::nullopt;
  const size_t begin = text.find_first_not_of(kSpaces, 1);
  if (begin == std::string_view::npos) return std::nullopt;
  const bool has_sign = text[begin] == '+' || text[begin] == '-';
  const size_t digits = begin + (has_sign ? 1 : 0);
  const size_t end = std::min(text.find_first_not_of(".0123456789", digits), text.size());
  const size_t close = text.find_first_not_of(kSpaces, end);
  if (end == digits || close == std::string_view::npos || text[close] != ')') return std::nullopt;
  return WeightEnd{text.substr(begin, end - begin), close + 1};
}

double to_weight(std::string_view number, const std::string &parameter) {
  std::string_view digits = number;
  if (digits.front() == '+') digits.remove_prefix(1);
  double weight = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
  if (error == std::errc{} && end == digits.data() + digits.size()) return weight;
  throw Error{ErrorKind::invalid_argument,
              parameter + ": the weight in (...:" + std::string{number} +
                  ") is not a number; write (text:1.3), or \\( for a bracket that is text",
              parameter};
}

class Parser {
 public:
  Parser(std::string_view rest, const std::string &parameter)
      : rest_(rest), parameter_(parameter) {}

  std::vector<WeightedText> parse() {
    while (!rest_.empty()) read_token();
    for (const size_t begin : round_) multiply_from(begin, kRound);
    for (const size_t begin : square_) multiply_from(begin, kSquare);
    return joined();
  }

 private:
  void read_token() {
    if (const auto weight = weight_end_at(rest_); weight && !round_.empty()) {
      close(round_, to_weight(weight->number, parameter_));
      rest_.remove_prefix(weight->length);
      return;
    }
    const char c = rest_.front();
    if (c == '\\') {
      read_escape();
    } else if (c == '(') {
      round_.push_back(texts_.size());
      rest_.remove_prefix(1);
    } else if (c == '[') {
      square_.push_back(texts_.size());
      rest_.remove_prefix(1);
    } else if (c == ')' && !round_.empty()) {
      close(round_, kRound);
      rest_.remove_prefix(1);
    } else if (c == ']' && !square_.empty()) {
      close(square_, kSquare);
      rest_.remove_prefix(1);
    } else {
      add_plain(std::min(rest_.find_first_of("\\()[]:", 1), rest_.size()));
    }
  }

  void read_escape() {
    rest_.remove_prefix(1);
    if (!rest_.empty() &&
        std::string_view{"\\()[]"}.find(rest_.front()) != std::string_view::npos) {
      add_plain(1);
    }
  }

  void add_plain(size_t length) {
    texts_.push_back({std::string{rest_.substr(0, length)}, 1});
    rest_.remove_prefix(length);
  }

  void close(std::vector<size_t> &opened, double factor) {
    multiply_from(opened.back(), factor);
    opened.pop_back();
  }

  void multiply_from(size_t begin, double factor) {
    for (size_t i = begin; i < texts_.size(); ++i) texts_[i].weight *= factor;
  }

  std::vector<WeightedText> joined() const {
    std::vector<WeightedText> result;
    for (const WeightedText &piece : texts_) {
      if (!result.empty() && result.back().weight == piece.weight) {
        result.back().text += piece.text;
      } else {
        result.push_back(piece);
      }
    }
    if (result.empty()) result.emplace_back();
    return result;
  }

  std::string_view rest_;
  const std::string &parameter_;
  std::vector<WeightedText> texts_;
  std::vector<size_t> round_, square_;  // where the open brackets begin in texts_
};

}  // namespace

std::vector<WeightedText> weighted_texts(std::string_view prompt, const std::string &parameter) {
  return Parser{prompt, parameter}.parse();
}

}  // namespace pictor::diffusion
