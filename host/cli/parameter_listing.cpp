#include "cli/parameter_listing.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace pictor::host {
namespace {

std::string value_text(const ParameterSpec &spec, const Json &value) {
  if (value.is_null()) return "none";
  if (!value.is_string()) return value.dump();
  const std::string text = value.get<std::string>();
  if (spec.type == ParameterType::secret) return "${" + text + "}";
  return text.empty() ? "\"\"" : text;
}

// The value of a job, as a value: secrets as the reference that the job file may hold.
Json current_value(const ParameterSpec &spec, const Parameters &current) {
  const auto found = current.find(spec.id);
  if (found == current.end()) return nullptr;
  if (spec.type != ParameterType::secret || !found->second.is_string()) return found->second;
  return value_text(spec, found->second);
}

std::string heading(const ParameterSpec &spec, const Parameters *current) {
  std::string text = "  " + spec.id;
  if (current != nullptr) {
    const auto found = current->find(spec.id);
    text += " = " + (found == current->end() ? "none" : value_text(spec, found->second));
  }
  return shortened(terminal_safe(text), text_columns) + '\n';
}

// "integer, 64..2048, in px; default 512; also written w; or $WIDTH"
std::string facts(const ParameterSpec &spec) {
  std::string text = describe_values(spec);
  if (!spec.unit.empty()) text += ", in " + spec.unit;
  if (spec.required) text += "; required";
  if (spec.default_value) text += "; default " + value_text(spec, *spec.default_value);
  if (!spec.aliases.empty()) {
    text += fmt::format("; also written {}", fmt::join(spec.aliases, ", "));
  }
  if (!spec.env.empty()) text += "; without it $" + spec.env + " is read";
  if (spec.affects_cost) text += "; changes the cost";
  if (spec.deprecated) text += "; deprecated";
  return text;
}

Json choices_json(const ParameterSpec &spec) {
  Json choices = Json::array();
  for (const ParameterChoice &choice : spec.choices) {
    Json entry = {{"value", choice.value}, {"label", choice.label}};
    if (!choice.aliases.empty()) entry["aliases"] = choice.aliases;
    if (choice.deprecated) entry["deprecated"] = true;
    choices.push_back(std::move(entry));
  }
  return choices;
}

Json bound(const ParameterSpec &spec, double value) {
  const bool whole = spec.type == ParameterType::integer || spec.type == ParameterType::seed;
  // Beyond 2^53 a double is no exact whole number anyway.
  return whole && std::abs(value) < 9e15 ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

void add_bounds(Json &entry, const ParameterSpec &spec) {
  if (spec.minimum)
    entry[spec.exclusive_minimum ? "more_than" : "minimum"] = bound(spec, *spec.minimum);
  if (spec.maximum)
    entry[spec.exclusive_maximum ? "less_than" : "maximum"] = bound(spec, *spec.maximum);
  if (spec.step > 0) entry["multiple_of"] = bound(spec, spec.step);
  if (spec.max_bytes > 0) entry["max_bytes"] = spec.max_bytes;
}

}  // namespace

std::string list_parameters(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                            const Parameters *current) {
  std::vector<const ParameterSpec *> listed;
  for (const ParameterSpec &spec : specs) {
    if (spec.scope == scope) listed.push_back(&spec);
  }
  std::stable_partition(listed.begin(), listed.end(),
                        [](const ParameterSpec *spec) { return !spec->advanced; });
  std::string text;
  for (const ParameterSpec *spec : listed) {
    text += heading(*spec, current) + paragraph(facts(*spec), 6) + paragraph(spec->doc, 6);
  }
  return text;
}

Json parameter_json(const ParameterSpec &spec, const Parameters *current) {
  Json entry = {{"id", spec.id},
                {"type", type_name(spec.type)},
                {"scope", spec.scope == ParameterScope::load ? "load" : "request"},
                {"required", spec.required},
                {"doc", spec.doc}};
  if (!spec.label.empty()) entry["label"] = spec.label;
  if (current != nullptr) entry["value"] = current_value(spec, *current);
  if (spec.default_value) entry["default"] = *spec.default_value;
  add_bounds(entry, spec);
  if (!spec.unit.empty()) entry["unit"] = spec.unit;
  if (!spec.choices.empty()) {
    entry["choices"] = choices_json(spec);
    entry["open_choices"] = spec.open_choices;
  }
  if (!spec.aliases.empty()) entry["aliases"] = spec.aliases;
  if (!spec.env.empty()) entry["env"] = spec.env;
  if (spec.advanced) entry["advanced"] = true;
  if (spec.deprecated) entry["deprecated"] = true;
  if (spec.affects_cost) entry["affects_cost"] = true;
  if (spec.same_pixels) entry["same_pixels"] = true;
  return entry;
}

}  // namespace pictor::host
