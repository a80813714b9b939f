#include "plan/parameters.hpp"

#include "base/error.hpp"
#include "config/environment.hpp"
#include "config/keys.hpp"
#include "plan/picture_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

bool is_job_setting(std::string_view name) {
  return name == "seed" || name == "num_generations" || name == "prompt" || name == "prompts";
}

[[noreturn]] void refuse_unknown(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                                 const ModelConfig &model, const WrittenParameter &written) {
  if (is_job_setting(written.name)) {
    fail(written.name_place, fmt::format("{} is no parameter of a model", written.name),
         written.name.starts_with("prompt") ? "prompts stand in job.prompts"
                                            : "write it under job:, or as a column of the rows");
  }
  std::vector<std::string> names;
  for (const ParameterSpec &spec : specs) {
    if (spec.scope != scope) continue;
    names.push_back(spec.id);
    names.insert(names.end(), spec.aliases.begin(), spec.aliases.end());
  }
  if (scope == ParameterScope::load) {
    const Section &keys = *job_file_keys().find("models")->section;
    for (const std::string &key : keys.names()) names.push_back(key);
  }
  std::string guess = did_you_mean(written.name, names);
  if (guess.empty()) guess = did_you_mean(written.name, names_of(specs));
  fail(written.name_place,
       fmt::format("{} has no parameter '{}'{}", model.name, written.name, guess),
       fmt::format("`pictor params {}` lists them", model.plugin));
}

const ParameterSpec &spec_for(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                              const ModelConfig &model, const WrittenParameter &written) {
  const ParameterSpec *spec = find_spec(specs, written.name);
  if (spec == nullptr) refuse_unknown(specs, scope, model, written);
  if (spec->scope == scope) return *spec;
  fail(written.name_place,
       scope == ParameterScope::load
           ? fmt::format("{} belongs under generation_kwargs", written.name)
           : fmt::format("{} does not belong under generation_kwargs", written.name),
       scope == ParameterScope::load ? "it may differ from picture to picture"
                                     : fmt::format("write it beside them, under {}", model.name));
}

bool is_path(const ParameterSpec &spec) {
  return spec.type == ParameterType::path;
}

// The absolute path where `text` is meant as one or is there, else `text`: a name of something.
std::string path_or_name(const std::string &text, const Place &place) {
  const fs::path path = absolute_path(text, place);
  std::error_code ignored;
  const bool meant = text.starts_with("./") || text.starts_with("../") || text.starts_with('/') ||
                     (!text.empty() && fs::exists(path, ignored));
  return meant ? path.string() : text;
}

// Of a text, or of the texts in a list and the `path` of each map there. What has another form is
// the model's to refuse.
Json with_paths_or_names(Json value, const Place &place) {
  if (value.is_string()) return path_or_name(value.get<std::string>(), place);
  if (!value.is_array()) return value;
  for (Json &each : value) {
    Json *path = each.is_object() && each.contains("path") ? &each["path"] : &each;
    if (path->is_string()) *path = path_or_name(path->get<std::string>(), place);
  }
  return value;
}

// The pictures' absolute paths; they are looked at before anything is paid for.
Json with_pictures(const ParameterSpec &spec, const Json &value, const Place &place) {
  Json paths = absolute_pictures(value, folder_of(place));
  const std::string reason = refuse_pictures(spec, paths);
  if (!reason.empty()) fail(place, reason);
  return paths;
}

// Where the value names files: their absolute paths, else the value.
Json with_path(const ParameterSpec &spec, Json value, const Place &place) {
  if (is_picture(spec.type)) return with_pictures(spec, value, place);
  if (is_path(spec)) return absolute_path(value.get<std::string>(), place).string();
  return spec.path_or_name ? with_paths_or_names(std::move(value), place) : value;
}

// From the variable that the spec names; an empty one counts as not set.
std::optional<Json> from_environment(const ParameterSpec &spec) {
  if (spec.env.empty()) return std::nullopt;
  const std::optional<std::string> text = environment_value(spec.env);
  if (!text || text->empty()) return std::nullopt;
  if (spec.type == ParameterType::secret) return Json(spec.env);
  const auto result = check_value(spec, *text, true);
  if (const Json *value = std::get_if<Json>(&result)) return with_path(spec, *value, Place{});
  throw Error(fmt::format("{} cannot be what the environment variable {} holds: {}", spec.id,
                          spec.env, describe_values(spec)));
}

[[noreturn]] void refuse_missing(const ParameterSpec &spec, const ModelConfig &model) {
  const bool secret = spec.type == ParameterType::secret;
  const std::string line =
      secret ? fmt::format("{}: ${{{}}}", spec.id, spec.env.empty() ? "NAME" : spec.env)
             : spec.id + ": ...";
  fail(model.place, fmt::format("{} needs '{}'", model.name, spec.id),
       spec.env.empty()
           ? "write " + line
           : fmt::format("set the environment variable {}, or write {}", spec.env, line));
}

void settle_written(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                    const ModelConfig &model, SettledParameters &settled) {
  const bool load = scope == ParameterScope::load;
  for (const WrittenParameter &written : load ? model.load : model.generation_kwargs) {
    const ParameterSpec &spec = spec_for(specs, scope, model, written);
    const bool again = settled.values.contains(spec.id);
    if (again && written.from_flag == settled.pinned.contains(spec.id)) {
      fail(written.name_place,
           fmt::format("{} is given twice, once as '{}'", spec.id, written.name));
    }
    if (again && !written.from_flag) continue;
    settled.values[spec.id] = with_path(spec, check_written(spec, written), written.value_place);
    if (written.from_flag) settled.pinned.insert(spec.id);
  }
}

// A secret in plain text is refused before any other mistake is shown with its line.
void refuse_plain_secrets(const std::vector<ParameterSpec> &specs, const ModelConfig &model) {
  for (const auto *list : {&model.load, &model.generation_kwargs}) {
    for (const WrittenParameter &written : *list) {
      const ParameterSpec *spec = find_spec(specs, written.name);
      if (spec != nullptr && spec->type == ParameterType::secret) check_written(*spec, written);
    }
  }
}

}  // namespace

SettledParameters settle_parameters(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                                    const ModelConfig &model) {
  refuse_plain_secrets(specs, model);
  SettledParameters settled;
  settle_written(specs, scope, model, settled);
  for (const ParameterSpec &spec : specs) {
    if (spec.scope != scope || settled.values.contains(spec.id)) continue;
    if (std::optional<Json> value = from_environment(spec)) {
      settled.values[spec.id] = *std::move(value);
    } else if (spec.default_value) {
      settled.values[spec.id] =
          is_path(spec) ? with_path(spec, *spec.default_value, Place{}) : *spec.default_value;
    } else if (spec.required && scope == ParameterScope::load) {
      refuse_missing(spec, model);
    } else if (spec.required) {
      settled.missing.push_back(spec.id);
    }
  }
  return settled;
}

Parameters laid_over(Parameters values, const Parameters &row,
                     const std::set<std::string> &pinned) {
  for (const auto &[id, value] : row) {
    if (!pinned.contains(id)) values[id] = value;
  }
  return values;
}

ModelConfig with_absolute_paths(ModelConfig model, const std::vector<ParameterSpec> &specs,
                                const Parameters &load) {
  for (WrittenParameter &written : model.load) {
    const ParameterSpec *spec = find_spec(specs, written.name);
    if (spec == nullptr || has_references(written.text)) continue;
    if (!is_path(*spec) && !spec->path_or_name) continue;
    written.value = written.text = load.at(spec->id);
  }
  for (WrittenParameter &written : model.generation_kwargs) {
    const ParameterSpec *spec = find_spec(specs, written.name);
    if (spec == nullptr || !is_picture(spec->type) || has_references(written.text)) continue;
    const Json paths = check_written(*spec, written);
    written.value = written.text = absolute_pictures(paths, folder_of(written.value_place));
  }
  return model;
}

}  // namespace pictor::host
