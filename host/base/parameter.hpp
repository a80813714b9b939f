#pragma once

#include "base/json.hpp"
#include "base/nearest_name.hpp"

#include <cstdint>
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
  image_list,
};
enum class ParameterScope { load, request };

struct ParameterChoice {
  std::string value;
  std::string label = {};
  std::vector<std::string> aliases = {};
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
  bool path_or_name = false;    // a text, or the texts of a list, may be paths
  std::uint64_t max_bytes = 0;  // 0: the host's own limit
};

// The spec with that id or alias; null for other names.
const ParameterSpec *find_spec(const std::vector<ParameterSpec> &specs, std::string_view name);

// Every id and alias, for guessing what a misspelt name meant.
std::vector<std::string> names_of(const std::vector<ParameterSpec> &specs);

std::string_view type_name(ParameterType type);  // "integer", "number", ...
// "integer, 1..1000, a multiple of 8", "one of: euler, ddim", for errors and listings.
std::string describe_values(const ParameterSpec &spec);
std::string describe_bounds(const ParameterSpec &spec);  // "1..1000", "more than 0", or nothing

// Whether a value of this type is a text, so that 010 or `no` in a YAML file means those letters.
bool is_text(ParameterType type);
// Whether its values are paths of picture files, which the host reads.
bool is_picture(ParameterType type);
// Of such a file, where its spec sets no limit; and of the files of one image_list together.
inline constexpr std::uint64_t largest_picture_file = 64ull << 20;
inline constexpr std::uint64_t largest_picture_list = 256ull << 20;

// What a value must be told about; `message` without place, e.g. "width must be a multiple of 8,
// not 513; 512 and 520 are".
struct ValueError {
  std::string message;
};

// Brings a value written by a user (YAML, JSON, a CSV cell) to the spec's type and checks bounds,
// choices and size:
//   integer, seed  30 and 30.0, not 30.5; a seed is 0..2^64-1
//   boolean        true and false
//   number         finite
//   choice         a value, label or alias in any letter case becomes the choice's value
//   number_list    a list, one number, or the text "1, 2, 3"
//   string_list    a list, or one text
//   path, image    stay the text that was written
//   image_list     a list of paths, or one path
//   secret         the name of an environment variable; never repeated in a message
// `from_text`: the value is the text of a cell, flag or environment variable and may be read as
// what the spec asks for ("30", "true", "[1, 2]", "a, b"; an image_list's paths "a.png; b.png",
// because a comma is common in file names).
std::variant<Json, ValueError> check_value(const ParameterSpec &spec, const Json &value,
                                           bool from_text);

}  // namespace pictor::host
