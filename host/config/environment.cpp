#include "config/environment.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <algorithm>
#include <cstdlib>

namespace pictor::host {
namespace {

constexpr std::string_view opening = "${";

bool is_name(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !text.empty() && !digit(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return digit(c) || letter(c); });
}

// The name of a reference that starts at `text`'s beginning; empty when it is none.
std::string_view leading_name(std::string_view text) {
  const std::size_t end = text.find('}');
  if (!text.starts_with(opening) || end == std::string_view::npos) return {};
  const std::string_view name = text.substr(opening.size(), end - opening.size());
  return is_name(name) ? name : std::string_view{};
}

std::string value_at(const std::string &name, const Place &place) {
  std::optional<std::string> value = environment_value(name);
  if (!value) {
    throw Error(point_at(place, "the environment variable " + name + " is not set"),
                "set it: export " + name + "=...");
  }
  if (first_invalid_utf8(*value) != std::string::npos) {
    throw Error(point_at(place, "the environment variable " + name + " does not hold UTF-8"));
  }
  return *std::move(value);
}

}  // namespace

bool has_reference(std::string_view text) {
  return text.find(opening) != std::string_view::npos;
}

std::optional<std::string> sole_reference(std::string_view text) {
  const std::string_view name = leading_name(text);
  if (name.empty() || name.size() + 3 != text.size()) return std::nullopt;
  return std::string(name);
}

std::string expand_environment(std::string_view text, const Place &place) {
  std::string result;
  while (!text.empty()) {
    const std::size_t found = text.find(opening);
    if (found == std::string_view::npos) break;
    const bool escaped = found > 0 && text[found - 1] == '$';
    result += text.substr(0, escaped ? found - 1 : found);
    text.remove_prefix(found);
    if (escaped) {
      result += opening;
      text.remove_prefix(opening.size());
      continue;
    }
    const std::string_view name = leading_name(text);
    if (name.empty()) {
      throw Error(point_at(place, "'${' without the name of an environment variable and '}'"),
                  "write $${ for these two characters themselves");
    }
    result += value_at(std::string(name), place);
    text.remove_prefix(name.size() + 3);
  }
  result += text;
  return result;
}

std::optional<std::string> environment_value(const std::string &name) {
  const char *value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string escape_references(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(opening)) result += '$';
    result += text[i];
  }
  return result;
}

}  // namespace pictor::host
