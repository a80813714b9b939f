#pragma once

#include "base/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pictor::host {

enum class ParameterType {
  boolean,
  integer,
  number,
  string,
  choice,
  seed,
  path,
  secret,
  json,
  string_list,
  number_list,
  image,
};
enum class ParameterScope { load, request };

struct ParameterChoice {
  std::string value;
  std::string label;
  std::vector<std::string> aliases;
  bool deprecated = false;
};

// One runtime parameter, as the plugin declares it: the source of validation, listings, schema and
// docs.
struct ParameterSpec {
  std::string id;
  ParameterType type = ParameterType::string;
  ParameterScope scope = ParameterScope::request;
  std::string label;
  std::string doc;
  std::string unit;
  std::string env;  // environment variable read when the YAML is silent
  std::optional<Json> default_value;
  std::optional<double> minimum, maximum;
  bool exclusive_minimum = false, exclusive_maximum = false;
  double step = 0;  // integer: a multiple of this; 0: any
  std::vector<std::string> aliases;
  std::vector<ParameterChoice> choices;
  bool open_choices = false;  // choices are hints
  bool required = false, advanced = false, deprecated = false, affects_cost = false;
  bool limit_key = false;       // part of the key of the pool of limits
  bool same_pixels = false;     // changing it draws the same pictures
  std::uint64_t max_bytes = 0;  // 0: the host's own limit
};

// The spec with that id or alias; null for other names.
const ParameterSpec *find_spec(const std::vector<ParameterSpec> &specs, std::string_view name);

std::string_view type_name(ParameterType type);  // "integer", "number", ...
// "integer 1..1000, multiple of 8", "one of: euler, ddim", for errors and listings.
std::string describe_values(const ParameterSpec &spec);

// What a value must be told about; `message` without place, e.g. "width must be a multiple of 8,
// not 513".
struct ValueError {
  std::string message;
};

// Brings a value written by a user (YAML, JSON, a CSV cell) to the spec's type and checks bounds,
// choices and size. `from_text`: the value is a cell's or flag's text and may be read as a number
// or boolean ("30", "true"). Choices: aliases and other letter case become the choice's value. A
// path or image stays the text that was written.
std::variant<Json, ValueError> check_value(const ParameterSpec &spec, const Json &value,
                                           bool from_text);

// The candidate that a misspelt word most likely meant; empty when none is near.
std::string nearest_name(std::string_view word, const std::vector<std::string> &candidates);

// ", did you mean 'width'?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string> &candidates);

}  // namespace pictor::host
