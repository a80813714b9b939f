#include "base/foreign_json.hpp"
#include "base/parameter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pictor::host {
namespace {

using Result = std::variant<Json, ValueError>;

constexpr std::uint64_t host_max_bytes = 1 << 20;
constexpr std::size_t longest_list = 4096;
constexpr std::size_t most_pictures = 64;
constexpr std::size_t longest_shown = 60;

// The value as an error shows it: short, on one line.
std::string shown(const Json &value) {
  std::string text = json_line(value);
  if (text.size() <= longest_shown) return text;
  std::size_t cut = longest_shown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

ValueError must_be(const ParameterSpec &spec, const std::string &what, const Json &value) {
  return {fmt::format("{} must be {}, not {}", spec.id, what, shown(value))};
}

// "must be an integer, not "30"": the usual reason is a pair of quotes too many.
ValueError wrong_type(const ParameterSpec &spec, const std::string &what, const Json &value,
                      bool looks_right) {
  ValueError error = must_be(spec, what, value);
  if (value.is_string() && looks_right) error.message += "; remove the quotes";
  return error;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The number a text spells, as an integer where it is one; nothing for other text and for numbers
// that no double holds.
std::optional<Json> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const char *end = text.data() + text.size();
  const auto all = [&](std::from_chars_result read) {
    return read.ec == std::errc{} && read.ptr == end;
  };
  std::int64_t whole = 0;
  if (all(std::from_chars(text.data(), end, whole))) return Json(whole);
  std::uint64_t large = 0;
  if (all(std::from_chars(text.data(), end, large))) return Json(large);
  double real = 0;
  if (all(std::from_chars(text.data(), end, real)) && std::isfinite(real)) return Json(real);
  return std::nullopt;
}

std::optional<ValueError> outside_bounds(const ParameterSpec &spec, const Json &value) {
  const double number = value.get<double>();
  const bool low =
      spec.minimum && (spec.exclusive_minimum ? number <= *spec.minimum : number < *spec.minimum);
  const bool high =
      spec.maximum && (spec.exclusive_maximum ? number >= *spec.maximum : number > *spec.maximum);
  if (low || high) return must_be(spec, describe_bounds(spec), value);
  return std::nullopt;
}

Result check_boolean(const ParameterSpec &spec, const Json &value, bool from_text) {
  if (value.is_boolean()) return value;
  const bool text = value.is_string();
  std::string word(text ? trimmed(value.get_ref<const std::string &>()) : std::string_view{});
  for (char &c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const bool known = word == "true" || word == "false";
  if (from_text && known) return Json(word == "true");
  return wrong_type(spec, "true or false", value, known);
}

// The number in `value`, or nothing.
std::optional<Json> as_number(const Json &value, bool from_text) {
  if (from_text && value.is_string()) return number_in(value.get_ref<const std::string &>());
  if (value.is_number() && std::isfinite(value.get<double>())) return value;
  return std::nullopt;
}

// A number in JSON's grammar, which 010 is not.
bool spells_number(const Json &value) {
  return value.is_string() &&
         Json::parse(value.get_ref<const std::string &>(), nullptr, false).is_number();
}

// 30.0 as 30; nothing when there is a fraction or no 64-bit integer holds it.
std::optional<Json> as_integer(const Json &number) {
  if (number.is_number_integer()) return number;
  const double real = number.get<double>();
  if (real != std::trunc(real)) return std::nullopt;
  if (real >= -0x1p63 && real < 0x1p63) return Json(static_cast<std::int64_t>(real));
  return std::nullopt;
}

ValueError not_a_multiple(const ParameterSpec &spec, std::int64_t value, std::int64_t step) {
  const std::int64_t below = value - (value % step + step) % step;
  ParameterSpec neighbour = spec;
  neighbour.step = 0;
  std::string message = fmt::format("{} must be a multiple of {}, not {}", spec.id, step, value);
  const bool low = !outside_bounds(neighbour, below);
  const bool high = !outside_bounds(neighbour, below + step);
  if (low && high) return {fmt::format("{}; {} and {} are", message, below, below + step)};
  if (low || high) return {fmt::format("{}; {} is", message, low ? below : below + step)};
  return {message};
}

Result check_integer(const ParameterSpec &spec, const Json &value, bool from_text) {
  const std::optional<Json> number = as_number(value, from_text);
  const std::optional<Json> whole = number ? as_integer(*number) : std::nullopt;
  if (!whole) return wrong_type(spec, "an integer", value, spells_number(value));
  const bool fits = !whole->is_number_unsigned() ||
                    whole->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  if (!fits) return must_be(spec, "a 64-bit integer", value);
  if (auto error = outside_bounds(spec, *whole)) return *error;
  const auto integer = whole->get<std::int64_t>();
  const auto step = static_cast<std::int64_t>(spec.step);
  if (step > 0 && integer % step != 0) return not_a_multiple(spec, integer, step);
  return Json(integer);
}

Result check_seed(const ParameterSpec &spec, const Json &value, bool from_text) {
  const std::optional<Json> number = as_number(value, from_text);
  if (!number) return wrong_type(spec, "an integer of 0 or more", value, spells_number(value));
  if (number->get<double>() < 0) {
    ValueError error = must_be(spec, "0 or more", value);
    error.message += "; leave it out to have one chosen";
    return error;
  }
  const std::optional<Json> whole = as_integer(*number);
  if (!whole) return must_be(spec, "an integer 0..18446744073709551615", value);
  if (auto error = outside_bounds(spec, *whole)) return *error;
  return Json(whole->get<std::uint64_t>());
}

Result check_number(const ParameterSpec &spec, const Json &value, bool from_text) {
  const std::optional<Json> number = as_number(value, from_text);
  if (!number) return wrong_type(spec, "a finite number", value, spells_number(value));
  if (auto error = outside_bounds(spec, *number)) return *error;
  return Json(number->get<double>());
}

std::optional<ValueError> too_long(const ParameterSpec &spec, std::size_t size) {
  const std::uint64_t most = spec.max_bytes == 0 ? host_max_bytes : spec.max_bytes;
  if (size <= most) return std::nullopt;
  return ValueError{fmt::format("{} must be at most {} bytes long, not {}", spec.id, most, size)};
}

Result check_string(const ParameterSpec &spec, const Json &value) {
  if (!value.is_string()) return must_be(spec, "text", value);
  const auto &text = value.get_ref<const std::string &>();
  if (auto error = too_long(spec, text.size())) return *error;
  if (text.find('\0') != std::string::npos) {
    return ValueError{spec.id + " must not hold the character NUL"};
  }
  return value;
}

Result check_file_name(const ParameterSpec &spec, const Json &value) {
  if (!value.is_string()) return must_be(spec, "a path", value);
  if (value.get_ref<const std::string &>().empty()) return ValueError{spec.id + " is empty"};
  return check_string(spec, value);
}

// The name of an environment variable; what else was written may be the secret itself.
Result check_secret(const ParameterSpec &spec, const Json &value) {
  const std::string name = value.is_string() ? value.get<std::string>() : std::string{};
  const auto is_name_character = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool good = !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
                    std::all_of(name.begin(), name.end(), is_name_character);
  if (good) return value;
  return ValueError{spec.id + " must be the name of an environment variable"};
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

const ParameterChoice *find_choice(const ParameterSpec &spec, std::string_view word) {
  for (const ParameterChoice &choice : spec.choices) {
    if (choice.value == word) return &choice;
  }
  for (const ParameterChoice &choice : spec.choices) {
    const bool alias = std::any_of(choice.aliases.begin(), choice.aliases.end(),
                                   [&](const std::string &name) { return same_word(name, word); });
    if (alias || same_word(choice.value, word) || same_word(choice.label, word)) return &choice;
  }
  return nullptr;
}

Result check_choice(const ParameterSpec &spec, const Json &value) {
  if (!value.is_string() && !value.is_number()) return must_be(spec, "text", value);
  const std::string word(value.is_string() ? trimmed(value.get_ref<const std::string &>())
                                           : value.dump());
  if (const ParameterChoice *choice = find_choice(spec, word)) return Json(choice->value);
  if (spec.open_choices) return check_string(spec, Json(word));
  std::vector<std::string> words;
  for (const ParameterChoice &choice : spec.choices) {
    words.push_back(choice.value);
    if (!choice.label.empty()) words.push_back(choice.label);
    words.insert(words.end(), choice.aliases.begin(), choice.aliases.end());
  }
  ValueError error = must_be(spec, describe_values(spec), value);
  error.message += did_you_mean(word, words);
  return error;
}

Result check_json(const ParameterSpec &spec, const Json &value, bool from_text) {
  Json result = value;
  if (from_text && value.is_string()) {
    auto parsed = parse_foreign_json(value.get_ref<const std::string &>());
    if (!parsed) return must_be(spec, "JSON", value);
    result = std::move(*parsed);
  }
  const std::string text = json_line(result);
  if (auto error = too_long(spec, text.size())) return *error;
  return result;
}

// A list written as text: "[1, 2]" as JSON, else parts between separators.
Json list_in(const std::string &text, char separator) {
  const std::string_view body = trimmed(text);
  if (body.starts_with('[')) {
    const auto list = parse_foreign_json(body);
    if (list && list->is_array()) return *list;
  }
  Json parts = Json::array();
  for (std::size_t start = 0; !body.empty() && start <= body.size();) {
    const std::size_t end = std::min(body.find(separator, start), body.size());
    parts.push_back(std::string(trimmed(body.substr(start, end - start))));
    start = end + 1;
  }
  return parts;
}

Json as_list(const ParameterSpec &spec, const Json &value, bool from_text) {
  if (value.is_array()) return value;
  const bool splits = from_text || spec.type == ParameterType::number_list;
  if (value.is_string() && splits) {
    return list_in(value.get_ref<const std::string &>(),
                   spec.type == ParameterType::image_list ? ';' : ',');
  }
  return Json::array({value});
}

std::string list_words(ParameterType type) {
  if (type == ParameterType::number_list) return "a list of numbers";
  return type == ParameterType::image_list ? "a list of paths" : "a list of texts";
}

Result check_part(const ParameterSpec &part, const Json &value, bool from_text) {
  if (part.type == ParameterType::number_list) return check_number(part, value, from_text);
  if (part.type == ParameterType::image_list) return check_file_name(part, value);
  return check_string(part, value);
}

Result check_list(const ParameterSpec &spec, const Json &value, bool from_text) {
  const bool numbers = spec.type == ParameterType::number_list;
  if (value.is_object()) return must_be(spec, list_words(spec.type), value);
  const Json list = as_list(spec, value, from_text);
  const bool pictures = spec.type == ParameterType::image_list;
  const std::size_t most = pictures ? most_pictures : longest_list;
  if (list.size() > most) {
    return ValueError{
        fmt::format("{} must have at most {} entries, not {}", spec.id, most, list.size())};
  }
  if (pictures && list.empty()) {
    return ValueError{spec.id + " is an empty list; leave it out for none"};
  }
  const bool parts_from_text = from_text || (numbers && value.is_string());
  Json result = Json::array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    ParameterSpec part = spec;
    part.id = fmt::format("{}[{}]", spec.id, i);
    Result checked = check_part(part, list[i], parts_from_text);
    if (std::holds_alternative<ValueError>(checked)) return checked;
    result.push_back(std::get<Json>(std::move(checked)));
  }
  return result;
}

}  // namespace

std::variant<Json, ValueError> check_value(const ParameterSpec &spec, const Json &value,
                                           bool from_text) {
  switch (spec.type) {
    case ParameterType::boolean:
      return check_boolean(spec, value, from_text);
    case ParameterType::integer:
      return check_integer(spec, value, from_text);
    case ParameterType::number:
      return check_number(spec, value, from_text);
    case ParameterType::string:
      return check_string(spec, value);
    case ParameterType::choice:
      return check_choice(spec, value);
    case ParameterType::seed:
      return check_seed(spec, value, from_text);
    case ParameterType::path:
    case ParameterType::image:
      return check_file_name(spec, value);
    case ParameterType::secret:
      return check_secret(spec, value);
    case ParameterType::json:
      return check_json(spec, value, from_text);
    case ParameterType::string_list:
    case ParameterType::number_list:
    case ParameterType::image_list:
      return check_list(spec, value, from_text);
  }
  return ValueError{spec.id + " has a type that this host does not know"};
}

}  // namespace pictor::host
