#include "plugin/specs.hpp"

#include "plugin/abi_read.hpp"
#include "plugin/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>

namespace pictor::host {

namespace {

constexpr std::array<std::pair<pictor_type, ParameterType>, 13> types = {{
    {PICTOR_TYPE_BOOL, ParameterType::boolean},
    {PICTOR_TYPE_INT, ParameterType::integer},
    {PICTOR_TYPE_FLOAT, ParameterType::number},
    {PICTOR_TYPE_STRING, ParameterType::string},
    {PICTOR_TYPE_ENUM, ParameterType::choice},
    {PICTOR_TYPE_SEED, ParameterType::seed},
    {PICTOR_TYPE_PATH, ParameterType::path},
    {PICTOR_TYPE_SECRET, ParameterType::secret},
    {PICTOR_TYPE_JSON, ParameterType::json},
    {PICTOR_TYPE_STRING_LIST, ParameterType::string_list},
    {PICTOR_TYPE_NUMBER_LIST, ParameterType::number_list},
    {PICTOR_TYPE_IMAGE, ParameterType::image},
    {PICTOR_TYPE_IMAGE_LIST, ParameterType::image_list},
}};

// The list in abi.h: a job moves between plugins because these mean the same everywhere.
constexpr std::array<std::pair<std::string_view, ParameterType>, 16> well_known = {{
    {"prompt", ParameterType::string},
    {"negative_prompt", ParameterType::string},
    {"width", ParameterType::integer},
    {"height", ParameterType::integer},
    {"num_inference_steps", ParameterType::integer},
    {"num_generations", ParameterType::integer},
    {"guidance_scale", ParameterType::number},
    {"strength", ParameterType::number},
    {"seed", ParameterType::seed},
    {"scheduler", ParameterType::choice},
    {"model", ParameterType::string},
    {"device", ParameterType::choice},
    {"dtype", ParameterType::choice},
    {"api_key", ParameterType::secret},
    {"base_url", ParameterType::string},
    {"timeout", ParameterType::number},
}};

constexpr std::uint64_t max_choices = 4096;

// One declaration on its way in; every check names it the same way.
class SpecReader {
 public:
  SpecReader(const pictor_param_spec &theirs, std::string_view where)
      : theirs_(theirs), where_(where) {}

  ParameterSpec read() {
    read_id();
    read_type();
    read_texts();
    read_flags();
    read_bounds();
    read_choices();
    read_default();
    return std::move(spec_);
  }

 private:
  [[noreturn]] void fault(const std::string &what) const {
    throw ContractFault(fmt::format("{}: {}", where_, what));
  }
  std::string at(std::string_view field) const { return fmt::format("{}: {}", where_, field); }
  bool flag(std::uint32_t bit) const { return (theirs_.flags & bit) != 0; }
  bool is(ParameterType type) const { return spec_.type == type; }
  bool has_number() const {
    return is(ParameterType::integer) || is(ParameterType::number) || is(ParameterType::seed) ||
           is(ParameterType::number_list);
  }

  void read_id() {
    spec_.id = required_text(theirs_.id, at("id"));
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    const bool starts_well = spec_.id[0] >= 'a' && spec_.id[0] <= 'z';
    if (!starts_well || spec_.id.size() > 64 ||
        !std::all_of(spec_.id.begin(), spec_.id.end(), allowed)) {
      fault(fmt::format("id '{}' is not [a-z][a-z0-9_]* of at most 64 characters", spec_.id));
    }
    where_ += fmt::format(" '{}'", spec_.id);
  }

  void read_type() {
    const auto type = std::find_if(types.begin(), types.end(),
                                   [&](const auto &entry) { return entry.first == theirs_.type; });
    if (type == types.end()) fault(fmt::format("type is {}, no type of this ABI", theirs_.type));
    spec_.type = type->second;
    const auto known = std::find_if(well_known.begin(), well_known.end(),
                                    [&](const auto &entry) { return entry.first == spec_.id; });
    if (known != well_known.end() && known->second != spec_.type) {
      fault(fmt::format("type is {}, but this well-known name has type {}", theirs_.type,
                        number_of(known->second)));
    }
    if (theirs_.scope != PICTOR_SCOPE_LOAD && theirs_.scope != PICTOR_SCOPE_REQUEST) {
      fault(fmt::format("scope is {}, neither LOAD nor REQUEST", theirs_.scope));
    }
    spec_.scope =
        theirs_.scope == PICTOR_SCOPE_LOAD ? ParameterScope::load : ParameterScope::request;
    if (spec_.scope == ParameterScope::request &&
        (is(ParameterType::path) || is(ParameterType::secret))) {
      fault("a PATH or SECRET must be of load scope");
    }
  }

  static pictor_type number_of(ParameterType type) {
    return std::find_if(types.begin(), types.end(),
                        [&](const auto &entry) { return entry.second == type; })
        ->first;
  }

  void read_texts() {
    spec_.label = optional_text(theirs_.label, at("label"));
    if (spec_.label.empty()) spec_.label = spec_.id;
    spec_.doc = required_text(theirs_.doc, at("doc"));
    spec_.unit = optional_text(theirs_.unit, at("unit"));
    spec_.env = optional_text(theirs_.env, at("env"));
    const auto in_name = [](unsigned char c) { return c == '_' || (c < 0x80 && std::isalnum(c)); };
    if (!std::all_of(spec_.env.begin(), spec_.env.end(), in_name)) {
      fault(fmt::format("env '{}' is no name of an environment variable", spec_.env));
    }
    spec_.aliases = text_list(theirs_.aliases, at("aliases"));
    spec_.max_bytes = theirs_.max_bytes;
  }

  void read_flags() {
    spec_.required = flag(PICTOR_PARAM_REQUIRED);
    spec_.advanced = flag(PICTOR_PARAM_ADVANCED);
    spec_.deprecated = flag(PICTOR_PARAM_DEPRECATED);
    spec_.open_choices = flag(PICTOR_PARAM_OPEN_ENUM);
    spec_.affects_cost = flag(PICTOR_PARAM_AFFECTS_COST);
    spec_.limit_key = flag(PICTOR_PARAM_LIMIT_KEY);
    spec_.same_pixels = flag(PICTOR_PARAM_SAME_PIXELS);
    spec_.path_or_name = flag(PICTOR_PARAM_PATH_OR_NAME);
    const bool may_be_path = is(ParameterType::string) || is(ParameterType::json);
    if (spec_.path_or_name && (spec_.scope != ParameterScope::load || !may_be_path)) {
      fault("PATH_OR_NAME is for a STRING or JSON of load scope");
    }
  }

  double bound(double value, std::string_view name) const {
    if (!has_number()) fault(fmt::format("{} is set, but the type has no numbers", name));
    if (!std::isfinite(value)) fault(fmt::format("{} is {}", name, value));
    return value;
  }

  void read_bounds() {
    if (flag(PICTOR_PARAM_HAS_MIN)) spec_.minimum = bound(theirs_.min_value, "min_value");
    if (flag(PICTOR_PARAM_HAS_MAX)) spec_.maximum = bound(theirs_.max_value, "max_value");
    spec_.exclusive_minimum = flag(PICTOR_PARAM_EXCLUSIVE_MIN);
    spec_.exclusive_maximum = flag(PICTOR_PARAM_EXCLUSIVE_MAX);
    if (spec_.minimum && spec_.maximum && *spec_.minimum > *spec_.maximum) {
      fault(fmt::format("min_value {} is above max_value {}", *spec_.minimum, *spec_.maximum));
    }
    if (!std::isfinite(theirs_.step) || theirs_.step < 0 ||
        theirs_.step != std::floor(theirs_.step)) {
      fault(fmt::format("step is {}, neither 0 nor a whole number above", theirs_.step));
    }
    if (theirs_.step != 0 && !is(ParameterType::integer))
      fault("step is set, but the type is not INT");
    spec_.step = theirs_.step;
  }

  void read_choices() {
    if (!is(ParameterType::choice)) {
      if (theirs_.choice_count != 0) fault("it has choices, but the type is not ENUM");
      return;
    }
    if (theirs_.choices == nullptr || theirs_.choice_count == 0 ||
        theirs_.choice_count > max_choices) {
      fault(fmt::format("an ENUM with {} choices at {}", theirs_.choice_count,
                        theirs_.choices == nullptr ? "NULL" : "an address"));
    }
    for (std::uint64_t i = 0; i < theirs_.choice_count; ++i) {
      const std::string where = at(fmt::format("choices[{}]", i));
      const pictor_choice theirs = known_part(theirs_.choices[i], where);
      ParameterChoice choice;
      choice.value = required_text(theirs.value, where + ".value");
      choice.label = optional_text(theirs.label, where + ".label");
      if (choice.label.empty()) choice.label = choice.value;
      choice.aliases = text_list(theirs.aliases, where + ".aliases");
      choice.deprecated = (theirs.flags & PICTOR_PARAM_DEPRECATED) != 0;
      if (is_choice(choice.value)) fault(fmt::format("the choice '{}' comes twice", choice.value));
      spec_.choices.push_back(std::move(choice));
    }
  }

  bool is_choice(std::string_view value) const {
    return std::any_of(spec_.choices.begin(), spec_.choices.end(),
                       [&](const ParameterChoice &choice) { return choice.value == value; });
  }

  void read_default() {
    if (theirs_.default_value == nullptr) return;
    if (spec_.required) fault("it is REQUIRED and has a default");
    if (is(ParameterType::secret) || is_picture(spec_.type)) {
      fault("a SECRET, IMAGE or IMAGE_LIST cannot have a default");
    }
    const Json value = read_value(theirs_.default_value, at("default_value"));
    if (theirs_.default_value->type != theirs_.type) {
      fault(fmt::format("default_value has type {}, the parameter {}", theirs_.default_value->type,
                        theirs_.type));
    }
    check_default(value);
    spec_.default_value = value;
  }

  void check_default(const Json &value) const {
    if (is(ParameterType::choice) && !spec_.open_choices && !is_choice(value.get<std::string>())) {
      fault(fmt::format("the default '{}' is none of the choices", value.get<std::string>()));
    }
    if (value.is_number()) check_default_number(value.get<double>());
    if (is(ParameterType::number_list)) {
      for (const Json &number : value) check_default_number(number.get<double>());
    }
  }

  void check_default_number(double number) const {
    const bool low = spec_.minimum &&
                     (spec_.exclusive_minimum ? number <= *spec_.minimum : number < *spec_.minimum);
    const bool high = spec_.maximum && (spec_.exclusive_maximum ? number >= *spec_.maximum
                                                                : number > *spec_.maximum);
    if (low || high) fault(fmt::format("the default {} is outside the bounds", number));
    if (spec_.step != 0 && std::fmod(number, spec_.step) != 0) {
      fault(fmt::format("the default {} is no multiple of step {}", number, spec_.step));
    }
  }

  const pictor_param_spec &theirs_;
  std::string where_;
  ParameterSpec spec_;
};

}  // namespace

ParameterSpec read_spec(const pictor_param_spec *spec, std::string_view where) {
  const pictor_param_spec known = known_part(spec, where);
  return SpecReader(known, where).read();
}

}  // namespace pictor::host
