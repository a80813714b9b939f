#include "config/written.hpp"

#include "base/error.hpp"
#include "config/environment.hpp"
#include "config/scalar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

// `as_text`: every scalar as its letters.
Json to_json(const YamlNode &node, bool as_text) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return nullptr;
    case YamlNode::Kind::scalar:
      return node.plain && !as_text ? read_plain_scalar(node.text) : Json(node.text);
    case YamlNode::Kind::list: {
      Json list = Json::array();
      for (const YamlNode &item : node.items) list.push_back(to_json(item, as_text));
      return list;
    }
    case YamlNode::Kind::map: {
      // Appended without a search for the key: the map has none twice.
      Json::object_t map;
      for (const YamlEntry &entry : node.entries) {
        map.emplace_back(entry.key.text, to_json(entry.value, as_text));
      }
      return map;
    }
  }
  return nullptr;
}

Json expanded(const Json &value, const Place &place) {
  if (value.is_string()) return expand_environment(value.get_ref<const std::string &>(), place);
  Json result = value;
  if (value.is_structured()) {
    for (auto &part : result) part = expanded(part, place);
  }
  return result;
}

Json check_secret(const ParameterSpec &spec, const WrittenParameter &written) {
  if (written.environment_name.empty()) {
    throw Error(point_without_line(written.value_place,
                                   spec.id + " must not stand in a file or on the command line"),
                "write " + spec.id + ": ${" + (spec.env.empty() ? "NAME" : spec.env) +
                    "} and put the value into that environment variable");
  }
  expand_environment(written.text.get<std::string>(), written.value_place);
  return written.environment_name;
}

}  // namespace

bool has_references(const Json &text) {
  if (text.is_string()) return has_reference(text.get_ref<const std::string &>());
  return text.is_structured() && std::any_of(text.begin(), text.end(), has_references);
}

WrittenParameter written_parameter(const YamlNode &name, const YamlNode &value) {
  WrittenParameter written;
  written.name = name.text;
  written.value = to_json(value, false);
  written.text = to_json(value, true);
  written.name_place = name.place;
  written.value_place = value.place;
  written.plain = value.plain;
  written.from_flag = value.place.line == 0;
  if (value.kind == YamlNode::Kind::scalar) {
    written.environment_name = sole_reference(value.text).value_or("");
  }
  return written;
}

Json check_written(const ParameterSpec &spec, const WrittenParameter &written) {
  if (spec.type == ParameterType::secret) return check_secret(spec, written);
  const bool refers = has_references(written.text);
  const Json &chosen = is_text(spec.type) ? written.text : written.value;
  const auto result = check_value(spec, refers ? expanded(chosen, written.value_place) : chosen,
                                  refers && (chosen.is_string() || chosen.is_array()));
  if (const Json *value = std::get_if<Json>(&result)) return *value;
  std::string message = std::get<ValueError>(result).message;
  if (refers) {
    message = fmt::format(
        "{} cannot be what {} holds: {}", spec.id,
        written.text.is_string() ? written.text.get<std::string>() : std::string("the environment"),
        describe_values(spec));
  } else if (written.plain) {
    message += explain_plain_scalar(written.text.get<std::string>(), spec.type);
  }
  throw Error(point_at(written.value_place, message));
}

fs::path folder_of(const Place &place) {
  if (!place.source || place.line == 0) return fs::current_path();
  return fs::absolute(place.source->name()).parent_path();
}

fs::path absolute_path(const fs::path &path, const Place &place) {
  const fs::path absolute = (folder_of(place) / path).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

}  // namespace pictor::host
