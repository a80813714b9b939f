#include "base/parameter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pictor::host {
namespace {

constexpr std::size_t most_choices_listed = 12;

std::string number_text(double value) {
  return Json(value).dump();
}

// 64, not 64.0: bounds of integers are written as doubles.
std::string bound_text(double value) {
  std::string text = number_text(value);
  if (text.size() > 2 && text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string choice_list(const ParameterSpec &spec) {
  std::string text;
  std::size_t listed = 0, left = 0;
  for (const ParameterChoice &choice : spec.choices) {
    if (choice.deprecated) continue;
    if (listed == most_choices_listed) {
      ++left;
      continue;
    }
    text += (listed++ == 0 ? "" : ", ") + choice.value;
  }
  return left == 0 ? text : fmt::format("{} and {} more", text, left);
}

}  // namespace

const ParameterSpec *find_spec(const std::vector<ParameterSpec> &specs, std::string_view name) {
  const auto has_id = [&](const ParameterSpec &spec) { return spec.id == name; };
  const auto has_alias = [&](const ParameterSpec &spec) {
    return std::find(spec.aliases.begin(), spec.aliases.end(), name) != spec.aliases.end();
  };
  auto found = std::find_if(specs.begin(), specs.end(), has_id);
  if (found == specs.end()) found = std::find_if(specs.begin(), specs.end(), has_alias);
  return found == specs.end() ? nullptr : &*found;
}

std::vector<std::string> names_of(const std::vector<ParameterSpec> &specs) {
  std::vector<std::string> names;
  for (const ParameterSpec &spec : specs) {
    names.push_back(spec.id);
    names.insert(names.end(), spec.aliases.begin(), spec.aliases.end());
  }
  return names;
}

std::string_view type_name(ParameterType type) {
  constexpr std::array<std::string_view, 13> names = {
      "boolean", "integer", "number",      "string",      "choice", "seed",      "path",
      "secret",  "json",    "string_list", "number_list", "image",  "image_list"};
  return names[static_cast<std::size_t>(type)];
}

bool is_text(ParameterType type) {
  return type == ParameterType::string || type == ParameterType::choice ||
         type == ParameterType::path || type == ParameterType::secret ||
         type == ParameterType::string_list || type == ParameterType::image ||
         type == ParameterType::image_list;
}

bool is_picture(ParameterType type) {
  return type == ParameterType::image || type == ParameterType::image_list;
}

std::string describe_bounds(const ParameterSpec &spec) {
  const bool closed = !spec.exclusive_minimum && !spec.exclusive_maximum;
  if (spec.minimum && spec.maximum && closed) {
    return bound_text(*spec.minimum) + ".." + bound_text(*spec.maximum);
  }
  std::string text;
  if (spec.minimum) {
    text = (spec.exclusive_minimum ? "more than " : "at least ") + bound_text(*spec.minimum);
  }
  if (spec.maximum) {
    if (!text.empty()) text += " and ";
    text += (spec.exclusive_maximum ? "less than " : "at most ") + bound_text(*spec.maximum);
  }
  return text;
}

std::string describe_values(const ParameterSpec &spec) {
  if (spec.type == ParameterType::choice) {
    return (spec.open_choices ? "any text, for example: " : "one of: ") + choice_list(spec);
  }
  std::string text(type_name(spec.type));
  if (const std::string bounds = describe_bounds(spec); !bounds.empty()) text += ", " + bounds;
  if (spec.step > 0) text += ", a multiple of " + bound_text(spec.step);
  return text;
}

}  // namespace pictor::host
