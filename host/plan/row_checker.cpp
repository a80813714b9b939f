#include "plan/row_checker.hpp"

#include "base/escape.hpp"
#include "plan/picture_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pictor::host {
namespace {

constexpr std::size_t longest_prompt = 1 << 20;
constexpr std::size_t longest_id = 512;

// Names that users of this field expect to work, and must be told when they do not.
constexpr std::array<std::string_view, 14> usual_parameters = {
    "negative_prompt", "width",    "height",    "num_inference_steps", "steps", "guidance_scale",
    "cfg_scale",       "strength", "scheduler", "sampler_name",        "image", "size",
    "quality",         "style"};

std::string shown_value(const Json &value) {
  return shortened(terminal_safe(json_line(value)), 60);
}

Json checked_value(const ParameterSpec &spec, const RowField &field, bool from_text) {
  auto result = check_value(spec, field.value, from_text);
  if (Json *value = std::get_if<Json>(&result)) return std::move(*value);
  const std::string &message = std::get<ValueError>(result).message;
  if (field.name == spec.id) throw RowError(message);
  throw RowError(fmt::format("{} (column '{}')", message, field.name));
}

const ParameterSpec &num_generations_spec() {
  static const ParameterSpec spec = [] {
    ParameterSpec count;
    count.id = "num_generations";
    count.type = ParameterType::integer;
    count.minimum = 1;
    count.maximum = 10000;
    return count;
  }();
  return spec;
}

std::string prompt_of(const RowField &field) {
  if (!field.value.is_string()) {
    throw RowError(fmt::format("{} must be text, not {}", field.name, shown_value(field.value)));
  }
  const auto &text = field.value.get_ref<const std::string &>();
  if (text.size() > longest_prompt) {
    throw RowError(
        fmt::format("the prompt has {} bytes, more than {}", text.size(), longest_prompt));
  }
  if (text.find('\0') != std::string::npos) throw RowError("the prompt holds the character NUL");
  return text;
}

std::string id_of(const RowField &field) {
  const bool number = field.value.is_number_integer();
  if (!number && !field.value.is_string()) {
    throw RowError("id must be text or a whole number, not " + shown_value(field.value));
  }
  std::string id = number ? field.value.dump() : field.value.get<std::string>();
  if (id.size() > longest_id) {
    throw RowError(fmt::format("the id has {} bytes, more than {}", id.size(), longest_id));
  }
  return id;
}

}  // namespace

const ParameterSpec &seed_spec() {
  static const ParameterSpec spec = [] {
    ParameterSpec seed;
    seed.id = "seed";
    seed.type = ParameterType::seed;
    return seed;
  }();
  return spec;
}

RowChecker::RowChecker(const RowRules &rules, std::filesystem::path folder)
    : rules_(rules), folder_(std::move(folder)) {
  columns_ = {{"prompt", {Role::prompt, {}}},
              {"text", {Role::prompt, {}}},
              {"id", {Role::id, {}}},
              {"seed", {Role::seed, {}}},
              {"num_generations", {Role::num_generations, {}}},
              {"model", {Role::model, {}}}};
  for (std::size_t model = 0; model < rules.models.size(); ++model) {
    for (const ParameterSpec &spec : *rules.models[model].second) {
      if (spec.scope != ParameterScope::request) continue;
      std::vector<std::string> names = spec.aliases;
      names.push_back(spec.id);
      for (const std::string &name : names) {
        Column &column = columns_.try_emplace(name, Column{Role::parameter, {}}).first->second;
        if (column.role != Role::parameter) continue;
        column.specs.resize(rules.models.size());
        column.specs[model] = find_spec(*rules.models[model].second, name);
      }
    }
  }
}

void RowChecker::check(const RowFields &fields, bool from_text, std::uint32_t as_model,
                       CheckedRow &checked) const {
  checked.row = Row{};
  checked.model.reset();
  checked.others.clear();
  take_model(fields, checked);
  bool has_prompt = false;
  for (const RowField &field : fields) {
    const auto found = columns_.find(field.name);
    if (found == columns_.end()) {
      checked.others.push_back(&field);
    } else if (found->second.role == Role::parameter) {
      take_parameter(field, found->second, from_text, as_model, checked);
    } else if (found->second.role == Role::prompt) {
      if (has_prompt) throw RowError("both 'prompt' and 'text' are there; leave one out");
      has_prompt = true;
      checked.row.prompt = prompt_of(field);
    } else {
      take(field, from_text, checked);
    }
  }
  if (checked.row.prompt.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw RowError(has_prompt ? "the prompt is empty" : "there is no prompt");
  }
  require_missing(fields, checked);
}

bool RowChecker::goes_to(const std::optional<std::uint32_t> &named, std::uint32_t model) const {
  if (!named || *named == model) return true;
  if (*named >= rules_.stand_ins.size()) return false;
  const std::vector<std::uint32_t> &others = rules_.stand_ins[*named];
  return std::find(others.begin(), others.end(), model) != others.end();
}

void RowChecker::require_missing(const RowFields &fields, const CheckedRow &checked) const {
  for (std::uint32_t model = 0; model < rules_.missing.size(); ++model) {
    if (!goes_to(checked.model, model)) continue;
    for (const std::string &id : rules_.missing[model]) {
      const bool there = std::any_of(fields.begin(), fields.end(), [&](const RowField &field) {
        return find_spec(*rules_.models[model].second, field.name) ==
               find_spec(*rules_.models[model].second, id);
      });
      if (there) continue;
      throw RowError(fmt::format("{} needs '{}', which neither the row nor the job gives",
                                 rules_.models[model].first, id));
    }
  }
}

void RowChecker::take(const RowField &field, bool from_text, CheckedRow &checked) const {
  if (field.name == "id") {
    checked.row.id = id_of(field);
  } else if (field.name == "num_generations") {
    checked.row.num_generations =
        checked_value(num_generations_spec(), field, from_text).get<std::uint32_t>();
  } else if (field.name == "seed") {
    checked.row.seed = checked_value(seed_spec(), field, from_text).get<std::uint64_t>();
    if (*checked.row.seed > static_cast<std::uint64_t>(INT64_MAX)) {
      throw RowError(fmt::format("seed must be at most {}, not {}", INT64_MAX, *checked.row.seed));
    }
  }
}

void RowChecker::take_model(const RowFields &fields, CheckedRow &checked) const {
  const auto field = std::find_if(fields.begin(), fields.end(),
                                  [](const RowField &f) { return f.name == "model"; });
  if (field == fields.end()) return;
  std::vector<std::string> names;
  for (const auto &model : rules_.models) names.push_back(model.first);
  names.resize(rules_.nameable.value_or(static_cast<std::uint32_t>(names.size())));
  const std::string name = field->value.is_string() ? field->value.get<std::string>() : "";
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw RowError(fmt::format("model must be one of this job's ({}), not {}{}",
                               fmt::join(names, ", "), shown_value(field->value),
                               did_you_mean(name, names)));
  }
  checked.row.model = name;
  checked.model = static_cast<std::uint32_t>(found - names.begin());
}

void RowChecker::take_parameter(const RowField &field, const Column &column, bool from_text,
                                std::uint32_t as_model, CheckedRow &checked) const {
  for (std::uint32_t model = 0; model < column.specs.size(); ++model) {
    const ParameterSpec *spec = column.specs[model];
    if (spec == nullptr || !goes_to(checked.model, model)) continue;
    Json value = parameter_value(*spec, field, from_text);
    if (model != (goes_to(checked.model, as_model) ? as_model : *checked.model)) continue;
    if (!checked.row.parameters.emplace(spec->id, std::move(value)).second) {
      throw RowError(fmt::format("{} is there twice, once as '{}'", spec->id, field.name));
    }
  }
}

Json RowChecker::parameter_value(const ParameterSpec &spec, const RowField &field,
                                 bool from_text) const {
  Json value = checked_value(spec, field, from_text);
  if (!is_picture(spec.type)) return value;
  value = absolute_pictures(value, folder_);
  const std::string reason = refuse_pictures(spec, value);
  if (!reason.empty()) throw RowError(reason);
  return value;
}

std::string RowChecker::doubt_about(const std::string &name) const {
  std::vector<std::string> names;
  for (const auto &[known, column] : columns_) names.push_back(known);
  const std::string shown_name = terminal_safe(name);
  if (const std::string guess = did_you_mean(name, names); !guess.empty()) {
    return fmt::format("column '{}' is not a parameter{}", shown_name, guess);
  }
  const bool usual =
      std::find(usual_parameters.begin(), usual_parameters.end(), name) != usual_parameters.end();
  if (!usual) return {};
  return fmt::format("column '{}' is not a parameter of this job's models: it goes to the metadata",
                     shown_name);
}

std::string RowChecker::gaps_of(const std::string &name) const {
  const auto found = columns_.find(name);
  if (found == columns_.end() || found->second.role != Role::parameter) return {};
  std::vector<std::string> without;
  for (std::size_t model = 0; model < found->second.specs.size(); ++model) {
    if (found->second.specs[model] == nullptr) without.push_back(rules_.models[model].first);
  }
  if (without.empty()) return {};
  return fmt::format("column '{}' is not a parameter of {}: it makes no difference there", name,
                     fmt::join(without, ", "));
}

}  // namespace pictor::host
