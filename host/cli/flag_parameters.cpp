#include "cli/flag_parameters.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "config/written.hpp"
#include "config/yaml.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

namespace pictor::host {
namespace {

Place place_of(const FlagParameter &flag) {
  return {std::make_shared<const Source>(flag.flag, ""), 0, 0, 1};
}

YamlNode scalar(const std::string &text, const Place &place) {
  return YamlNode::make(YamlNode::Kind::scalar, place, text, true);
}

// What begins like a list, a map or a quote is read as the YAML it is, anything else as it stands.
YamlNode value_node(const FlagParameter &flag) {
  const bool is_yaml = !flag.value.empty() &&
                       std::string_view("[{\"'").find(flag.value.front()) != std::string_view::npos;
  if (!is_yaml) return scalar(flag.value, place_of(flag));
  return parse_yaml(std::make_shared<const Source>(flag.flag, flag.value));
}

WrittenParameter written(const FlagParameter &flag) {
  if (first_invalid_utf8(flag.value) != std::string::npos) {
    throw Error(point_at(place_of(flag), "the value is not UTF-8"),
                "check the terminal's encoding");
  }
  WrittenParameter parameter =
      written_parameter(scalar(flag.name, place_of(flag)), value_node(flag));
  parameter.name_place = parameter.value_place = place_of(flag);
  parameter.from_flag = true;
  return parameter;
}

}  // namespace

void lay_over(ModelConfig &model, const std::vector<ParameterSpec> &specs,
              const std::vector<FlagParameter> &flags) {
  for (const FlagParameter &flag : flags) {
    const ParameterSpec *spec = find_spec(specs, flag.name);
    const bool load = spec != nullptr && spec->scope == ParameterScope::load;
    std::vector<WrittenParameter> &scope = load ? model.load : model.generation_kwargs;
    std::erase_if(scope, [&](const WrittenParameter &before) {
      return before.name == flag.name || (spec != nullptr && find_spec(specs, before.name) == spec);
    });
    scope.push_back(written(flag));
  }
}

}  // namespace pictor::host
