#include "config/schema.hpp"

#include "config/keys.hpp"

#include <algorithm>

namespace pictor::host {
namespace {

constexpr std::string_view reference_pattern = R"(\$\{[A-Za-z_][A-Za-z0-9_]*\})";

Json bounded(const ParameterSpec &spec, std::string_view type) {
  Json schema = {{"type", type}};
  const auto number = [](double value) {
    return value == static_cast<double>(static_cast<std::int64_t>(value))
               ? Json(static_cast<std::int64_t>(value))
               : Json(value);
  };
  if (spec.minimum) {
    schema[spec.exclusive_minimum ? "exclusiveMinimum" : "minimum"] = number(*spec.minimum);
  }
  if (spec.maximum) {
    schema[spec.exclusive_maximum ? "exclusiveMaximum" : "maximum"] = number(*spec.maximum);
  }
  if (spec.step > 0) schema["multipleOf"] = number(spec.step);
  return schema;
}

Json choice_schema(const ParameterSpec &spec) {
  Json words = Json::array();
  for (const ParameterChoice &choice : spec.choices) {
    words.push_back(choice.value);
    for (const std::string &alias : choice.aliases) words.push_back(alias);
  }
  const Json known = {{"enum", words}};
  return spec.open_choices ? Json{{"anyOf", {known, {{"type", "string"}}}}} : known;
}

Json list_schema(const Json &item) {
  return {{"anyOf", {{{"type", "array"}, {"items", item}}, item, {{"type", "string"}}}}};
}

// Without what is said of every value: doc, default, references.
Json bare_schema(const ParameterSpec &spec) {
  switch (spec.type) {
    case ParameterType::boolean:
      return {{"type", "boolean"}};
    case ParameterType::integer:
      return bounded(spec, "integer");
    case ParameterType::seed: {
      ParameterSpec seed = spec;
      seed.minimum = std::max(spec.minimum.value_or(0), 0.0);
      return bounded(seed, "integer");
    }
    case ParameterType::number:
      return bounded(spec, "number");
    case ParameterType::choice:
      return choice_schema(spec);
    case ParameterType::secret:
      return {{"type", "string"}, {"pattern", "^" + std::string(reference_pattern) + "$"}};
    case ParameterType::json:
      return Json::object();
    case ParameterType::string_list:
    case ParameterType::image_list:
      return list_schema({{"type", "string"}});
    case ParameterType::number_list:
      return list_schema(bounded(spec, "number"));
    case ParameterType::string:
    case ParameterType::path:
    case ParameterType::image:
      return {{"type", {"string", "number", "boolean"}}};
  }
  return Json::object();
}

Json section_schema(const Section &section);

Json key_schema(const Key &key) {
  Json schema;
  switch (key.form) {
    case Key::Form::value:
      return value_schema(key.spec);
    case Key::Form::section:
      schema = section_schema(*key.section);
      break;
    case Key::Form::sections:
      schema = {{"type", "object"},
                {"minProperties", 1},
                {"additionalProperties", section_schema(*key.section)}};
      break;
    case Key::Form::either:
      schema = {{"anyOf", {value_schema(key.spec), section_schema(*key.section)}}};
      break;
    case Key::Form::free:
      schema = Json::object();
      break;
  }
  schema["description"] = key.spec.doc;
  return schema;
}

Json section_schema(const Section &section) {
  Json properties = Json::object(), required = Json::array();
  for (const Key &key : section.keys) {
    if (key.later) continue;
    properties[key.spec.id] = key_schema(key);
    if (key.spec.required) required.push_back(key.spec.id);
  }
  Json schema = {{"type", "object"}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  if (!section.open) schema["additionalProperties"] = false;
  return schema;
}

// Every id and alias of one scope.
Json parameter_properties(const std::vector<ParameterSpec> &specs, ParameterScope scope) {
  Json properties = Json::object();
  for (const ParameterSpec &spec : specs) {
    if (spec.scope != scope) continue;
    const Json schema = value_schema(spec);
    properties[spec.id] = schema;
    for (const std::string &alias : spec.aliases) properties[alias] = schema;
  }
  return properties;
}

// "When it is this plugin and model, these are its parameters."
Json model_condition(const SchemaModel &model, const Section &keys) {
  Json load = parameter_properties(model.specs, ParameterScope::load);
  for (const std::string &key : keys.names()) load[key] = true;
  load["generation_kwargs"] = {
      {"properties", parameter_properties(model.specs, ParameterScope::request)},
      {"additionalProperties", false}};
  Json named = {
      {"properties",
       {{"plugin", {{"const", model.plugin}}}, {"model_id", {{"const", model.model_id}}}}},
      {"required", {"plugin"}}};
  if (!model.is_default) named["required"].push_back("model_id");
  return {{"title", model.label},
          {"if", named},
          {"then", {{"properties", load}, {"additionalProperties", false}}}};
}

}  // namespace

Json value_schema(const ParameterSpec &spec) {
  const bool takes_text = is_text(spec.type) && spec.type != ParameterType::choice;
  Json schema = bare_schema(spec);
  if (!takes_text && spec.type != ParameterType::json) {
    schema = {{"anyOf", {schema, {{"type", "string"}, {"pattern", reference_pattern}}}}};
  }
  if (!spec.label.empty()) schema["title"] = spec.label;
  if (!spec.doc.empty()) schema["description"] = spec.doc;
  if (spec.default_value) schema["default"] = *spec.default_value;
  if (spec.deprecated) schema["deprecated"] = true;
  return schema;
}

Json config_schema(const std::vector<SchemaModel> &models) {
  const Section &keys = job_file_keys();
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "A job of pictor"}};
  schema.update(section_schema(keys));
  const Section &model_keys = *keys.find("models")->section;
  Json conditions = Json::array();
  for (const SchemaModel &model : models) conditions.push_back(model_condition(model, model_keys));
  if (!conditions.empty()) {
    schema["properties"]["models"]["additionalProperties"]["allOf"] = conditions;
  }
  return schema;
}

}  // namespace pictor::host
