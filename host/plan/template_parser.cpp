#include "plan/template_parser.hpp"

#include "base/hash.hpp"
#include "plan/row_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace pictor::host {
namespace {

constexpr std::size_t deepest_template = 64;
constexpr std::string_view escapable = "{}|$_:#\\";
constexpr double largest_weight = 1e9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

class Parser {
 public:
  Parser(std::string_view text, const WildcardLookup &wildcards)
      : text_(text), wildcards_(wildcards) {}

  TemplateText whole() {
    TemplateText result = sequence();
    if (at_ < text_.size()) refuse("the '}' closes nothing; \\} is the character itself", at_);
    return result;
  }

  Option option() {
    Option result;
    result.weight = weight();
    const std::size_t start = at_;
    result.text = sequence();
    result.hash = hash128(text_.substr(start, at_ - start)).low;
    return result;
  }

  Option whole_option() {
    Option result = option();
    if (at_ < text_.size()) refuse("the '}' closes nothing; \\} is the character itself", at_);
    return result;
  }

 private:
  [[noreturn]] static void refuse(const std::string &message, std::size_t at) {
    throw RowError(fmt::format("{} (byte {})", message, at + 1));
  }

  bool follows(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  // Up to the end, or to the '|' or '}' of the choice that it stands in.
  TemplateText sequence() {
    TemplateText result;
    std::string plain;
    const auto add = [&](TemplatePart part) {
      if (!plain.empty()) result.parts.push_back({TemplatePart::Kind::text, std::move(plain), {}});
      plain.clear();
      result.parts.push_back(std::move(part));
    };
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '}' || (c == '|' && depth_ > 0)) break;
      if (c == '\\') {
        plain += escaped();
      } else if (std::optional<std::string> name = column()) {
        add({TemplatePart::Kind::column, *std::move(name), {}});
      } else if (c == '{') {
        add({TemplatePart::Kind::choice, {}, choice()});
      } else if (const std::string_view wildcard = wildcard_name(); !wildcard.empty()) {
        const std::size_t start = at_;
        at_ += wildcard.size() + 4;
        add({TemplatePart::Kind::choice, {}, look_up(wildcard, start)});
      } else {
        plain += c;
        ++at_;
      }
    }
    if (!plain.empty()) result.parts.push_back({TemplatePart::Kind::text, std::move(plain), {}});
    settle(result);
    return result;
  }

  char escaped() {
    const bool takes =
        at_ + 1 < text_.size() && escapable.find(text_[at_ + 1]) != std::string_view::npos;
    if (takes) ++at_;
    return text_[at_++];
  }

  // "{{name}}", of which the name; spaces around it do not count.
  std::optional<std::string> column() {
    if (!follows("{{")) return std::nullopt;
    std::size_t end = at_ + 2;
    while (end < text_.size() && (is_name_character(text_[end]) || text_[end] == ' ')) ++end;
    if (!text_.substr(end).starts_with("}}")) return std::nullopt;
    std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
    const std::size_t first = name.find_first_not_of(' ');
    if (first == std::string_view::npos) return std::nullopt;
    name = name.substr(first, name.find_last_not_of(' ') - first + 1);
    at_ = end + 2;
    return std::string(name);
  }

  // The name in "__name__"; empty when none stands here.
  std::string_view wildcard_name() const {
    if (!follows("__")) return {};
    const std::size_t start = at_ + 2, end = text_.find("__", start);
    if (end == std::string_view::npos) return {};
    const std::string_view name = text_.substr(start, end - start);
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
      return is_name_character(c) || c == '/' || c == '*';
    });
    return good ? name : std::string_view{};
  }

  std::shared_ptr<const Choice> look_up(std::string_view name, std::size_t start) const {
    if (name.find('*') != std::string_view::npos) {
      refuse(fmt::format("__{}__ must name one file: '*' is not read", name), start);
    }
    return wildcards_(name);
  }

  std::shared_ptr<const Choice> choice() {
    const std::size_t start = at_++;
    if (++depth_ > deepest_template)
      refuse(fmt::format("more than {} braces in each other", deepest_template), start);
    auto result = std::make_shared<Choice>();
    const bool counted = read_number(*result);
    while (true) {
      Option next = option();
      if (counted) {
        add_spread(std::move(next), result->options);
      } else {
        result->options.push_back(std::move(next));
      }
      if (at_ == text_.size())
        refuse("the '{' is never closed; \\{ is the character itself", start);
      if (text_[at_++] == '}') break;
    }
    --depth_;
    try {
      settle(*result);
    } catch (const RowError &error) {
      refuse(error.what(), start);
    }
    return result;
  }

  // Of {2$$__name__}, lines of the file are picked, not the file.
  static void add_spread(Option option, std::vector<Option> &options) {
    const std::vector<TemplatePart> &parts = option.text.parts;
    if (parts.size() == 1 && parts[0].choice && parts[0].choice->is_wildcard) {
      const std::vector<Option> &inner = parts[0].choice->options;
      options.insert(options.end(), inner.begin(), inner.end());
    } else {
      options.push_back(std::move(option));
    }
  }

  // "2$$", "1-2$$", and a separator with "$$" behind it.
  bool read_number(Choice &choice) {
    std::size_t at = at_;
    const std::optional<std::size_t> low = digits(at);
    const bool range = at < text_.size() && text_[at] == '-';
    if (range) ++at;
    const std::optional<std::size_t> high = range ? digits(at) : low;
    if ((!low && !high) || !text_.substr(at).starts_with("$$")) return false;
    choice.least = low.value_or(1);
    choice.most = high.value_or(std::numeric_limits<std::size_t>::max());
    if (choice.least > choice.most || choice.most == 0) {
      refuse("the number before $$ must be 1 or more, or a range that rises", at_);
    }
    at_ = at + 2;
    choice.separator = ", ";
    read_separator(choice);
    return true;
  }

  void read_separator(Choice &choice) {
    const std::size_t start = at_;
    std::string separator;
    while (at_ < text_.size() && !follows("$$") && text_[at_] != '{' && text_[at_] != '}' &&
           text_[at_] != '|') {
      separator += text_[at_] == '\\' ? escaped() : text_[at_++];
    }
    if (follows("$$")) {
      choice.separator = std::move(separator);
      at_ += 2;
    } else {
      at_ = start;
    }
  }

  std::optional<std::size_t> digits(std::size_t &at) const {
    std::size_t number = 0;
    const char *begin = text_.data() + at;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (end == begin) return std::nullopt;
    if (error != std::errc{}) refuse("the number is too large", at);
    at += static_cast<std::size_t>(end - begin);
    return number;
  }

  // "3::" or "0.5::" before an option; 1 without it.
  double weight() {
    std::size_t start = at_;
    while (start < text_.size() && text_[start] == ' ') ++start;
    const std::size_t end = std::min(text_.find_first_not_of("+-.0123456789", start), text_.size());
    if (end == start || !text_.substr(end).starts_with("::")) return 1;
    const std::string_view number = text_.substr(start, end - start);
    double weight = -1;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), weight);
    const bool good = read.ec == std::errc{} && read.ptr == number.data() + number.size() &&
                      weight >= 0 && weight <= largest_weight && !std::signbit(weight);
    if (!good) refuse(fmt::format("'{}' is no weight: 0 or more, as in 0.5::", number), start);
    at_ = end + 2;
    return weight;
  }

  std::string_view text_;
  const WildcardLookup &wildcards_;
  std::size_t at_ = 0, depth_ = 0;
};

}  // namespace

TemplateText parse_template(std::string_view text, const WildcardLookup &wildcards) {
  return Parser(text, wildcards).whole();
}

Option parse_option(std::string_view line, const WildcardLookup &wildcards) {
  return Parser(line, wildcards).whole_option();
}

}  // namespace pictor::host
