#include "config/scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pictor::host {
namespace {

template <std::size_t count>
bool is_one_of(std::string_view word, const std::array<std::string_view, count> &words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 5> null_words = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> true_words = {"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> false_words = {"false", "False", "FALSE"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view unsigned_part(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text;
}

bool has_leading_zero(std::string_view digits) {
  return digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
}

template <class Number>
bool reads_as(std::string_view text, Number &number, int base) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

Json read_number(const std::string &text) {
  const std::string_view digits = unsigned_part(text);
  const bool starts_well =
      !digits.empty() &&
      (is_digit(digits[0]) || (digits[0] == '.' && digits.size() > 1 && is_digit(digits[1])));
  if (!starts_well || has_leading_zero(digits)) return text;
  const std::string_view number = text[0] == '+' ? digits : std::string_view(text);
  if (std::int64_t whole = 0; reads_as(number, whole, 10)) return whole;
  if (std::uint64_t whole = 0; reads_as(number, whole, 10)) return whole;
  double real = 0;
  const char *end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, real);
  if (read.ec == std::errc{} && read.ptr == end && std::isfinite(real)) return real;
  return text;
}

// The value of 010, 0o10, 0x1F or 1_000 as YAML 1.1 or 1.2 reads it, with the name of that writing.
std::string explain_number(const std::string &text) {
  const std::string_view digits = unsigned_part(text);
  const std::string_view sign = text.starts_with('-') ? "-" : "";
  std::uint64_t value = 0;
  if (has_leading_zero(digits)) {
    if (!std::all_of(digits.begin(), digits.end(), is_digit)) return {};
    const std::string_view decimal =
        digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    if (!reads_as(digits, value, 8)) return fmt::format("; write {}{}", sign, decimal);
    return fmt::format("; YAML 1.1 reads {} as the octal number {}{}: write {}{} or {}{}", text,
                       sign, value, sign, value, sign, decimal);
  }
  if (digits.starts_with("0x") && reads_as(digits.substr(2), value, 16)) {
    return fmt::format("; YAML reads {} as the hexadecimal number {}{}: write {}{}", text, sign,
                       value, sign, value);
  }
  if (digits.starts_with("0o") && reads_as(digits.substr(2), value, 8)) {
    return fmt::format("; YAML 1.2 reads {} as the octal number {}{}: write {}{}", text, sign,
                       value, sign, value);
  }
  std::string without(digits);
  std::erase(without, '_');
  if (without.size() < digits.size() && read_number(without).is_number()) {
    return fmt::format("; YAML 1.1 reads {} as {}{}: write {}{}", text, sign, without, sign,
                       without);
  }
  return {};
}

std::string explain_boolean(const std::string &text) {
  std::string word = text;
  for (char &c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const bool yes = is_one_of(word, std::array<std::string_view, 3>{"yes", "on", "y"});
  const bool no = is_one_of(word, std::array<std::string_view, 3>{"no", "off", "n"});
  if (!yes && !no) return {};
  const std::string_view meaning = yes ? "true" : "false";
  return fmt::format("; YAML 1.1 reads {} as {}, YAML 1.2 as text: write {}", text, meaning,
                     meaning);
}

}  // namespace

Json read_plain_scalar(const std::string &text) {
  if (is_one_of(text, null_words)) return nullptr;
  if (is_one_of(text, true_words)) return true;
  if (is_one_of(text, false_words)) return false;
  return read_number(text);
}

std::string explain_plain_scalar(const std::string &text, ParameterType wanted) {
  switch (wanted) {
    case ParameterType::boolean:
      return explain_boolean(text);
    case ParameterType::integer:
    case ParameterType::number:
    case ParameterType::seed:
      return explain_number(text);
    default:
      return {};
  }
}

}  // namespace pictor::host
