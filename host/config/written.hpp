#pragma once

#include "base/json.hpp"
#include "base/parameter.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

#include <filesystem>
#include <string>

namespace pictor::host {

// A value as the user wrote it, with its place: checked against a plugin's specs once that plugin
// is known. References to the environment stand in it unexpanded.
struct WrittenParameter {
  std::string name;
  Json value;  // plain scalars read as null, booleans and numbers
  Json text;   // the same, every scalar as the text that was written: for what expects text
  Place name_place;
  Place value_place;
  std::string environment_name;  // set when the whole value is one ${NAME}
  bool plain = false;            // a scalar without quotes
  bool from_flag = false;        // from --param: wins over a row's column
};

WrittenParameter written_parameter(const YamlNode &name, const YamlNode &value);

// Whether a reference to the environment stands anywhere in a value that was written.
bool has_references(const Json &text);

// The value as the spec wants it, references expanded. Throws Error at the value's place; a value
// that came from the environment is shown there by the variable's name. Of a secret, which must be
// written as ${NAME}, the result is that name; the variable must be set.
Json check_written(const ParameterSpec &spec, const WrittenParameter &written);

// Where relative paths of this value start: the folder of its file, or the current one for a flag.
std::filesystem::path folder_of(const Place &place);

// The absolute, normal form of a path that was written there.
std::filesystem::path absolute_path(const std::filesystem::path &path, const Place &place);

}  // namespace pictor::host
