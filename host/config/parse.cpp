#include "base/error.hpp"
#include "base/nearest_name.hpp"
#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/fields.hpp"
#include "config/overrides.hpp"
#include "config/parse_budget.hpp"
#include "config/parse_expansion.hpp"
#include "config/parse_isolation.hpp"
#include "config/parse_output.hpp"
#include "config/policy_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view word_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::size_t longest_name = 64;
// Seeds are stored as signed 64-bit integers in the dataset and in many of its readers.
constexpr std::uint64_t largest_seed = INT64_MAX;

// Before anything else: a file of another version has other keys.
void check_version(const YamlNode &root, const std::shared_ptr<const Source> &source) {
  if (root.kind == YamlNode::Kind::null) {
    fail(Place{source}, "the job file is empty",
         "begin with 'pictor: 1', then write models: and job:");
  }
  if (root.kind != YamlNode::Kind::map) return;  // Fields says so
  const YamlNode *version = root.find("pictor");
  if (version == nullptr) {
    fail(root.place, "the file needs 'pictor'",
         fmt::format("begin it with the line 'pictor: {}'", job_file_version));
  }
  if (version->text == std::to_string(job_file_version)) return;
  fail(version->place,
       fmt::format("this pictor reads job files of version {}, not {}", job_file_version,
                   version->text),
       fmt::format("write 'pictor: {}', or use the pictor that the file was written for",
                   job_file_version));
}

void check_model_name(const YamlNode &name) {
  const std::string allowed = std::string(word_characters) + "-";
  const bool good = !name.text.empty() && name.text.size() <= longest_name && name.text[0] != '-' &&
                    name.text.find_first_not_of(allowed) == std::string::npos;
  if (good) return;
  fail(name.place, fmt::format("'{}' cannot be a model's name", name.text),
       "use up to 64 letters, digits, '_' and '-': the name becomes part of file names");
}

bool is_id(const std::string &text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
}

// A path when it looks like one, else an id.
std::string plugin_in(const std::string &text, const Place &place) {
  if (text.find('/') != std::string::npos || text.ends_with(".so")) {
    return absolute_path(text, place).string();
  }
  if (!is_id(text)) {
    fail(place, fmt::format("'{}' is neither a plugin's id nor the path of a .so file", text),
         "`pictor plugins` lists the ids");
  }
  return text;
}

ModelConfig parse_model(const YamlEntry &entry, const Section &section) {
  check_model_name(entry.key);
  const Fields fields(entry.value, section);
  ModelConfig model;
  model.name = entry.key.text;
  model.place = entry.key.place;
  fields.read("plugin", model.plugin);
  model.plugin = plugin_in(model.plugin, fields.place("plugin"));
  fields.read("model_id", model.model_id);
  model.isolation = parse_isolation(fields, section);
  model.load = fields.parameters();
  if (const YamlNode *node = fields.find("generation_kwargs")) {
    const Fields kwargs(*node, *section.find("generation_kwargs")->section);
    model.generation_kwargs = kwargs.parameters();
  }
  if (const YamlNode *node = fields.find("limits")) {
    model.limits = parse_limits(*node, *section.find("limits")->section);
  }
  return model;
}

std::vector<ModelConfig> parse_models(const YamlNode &node, const Section &section) {
  if (node.kind != YamlNode::Kind::map || node.entries.empty()) {
    fail(node.place, "models must be a map from names of yours to models",
         "for example: models: {painter: {plugin: diffusion}}");
  }
  std::vector<ModelConfig> models;
  for (const YamlEntry &entry : node.entries) models.push_back(parse_model(entry, section));
  return models;
}

// The names under job.model; without it, the only model there is.
std::vector<std::string> job_models(const Fields &fields, const std::vector<ModelConfig> &models) {
  std::vector<std::string> known, chosen;
  for (const ModelConfig &model : models) known.push_back(model.name);
  fields.read("model", chosen);
  if (chosen.empty()) {
    if (known.size() == 1) return known;
    fail(fields.place("model"), "job needs 'model': there are several",
         fmt::format("name one or a list of: {}", fmt::join(known, ", ")));
  }
  for (auto name = chosen.begin(); name != chosen.end(); ++name) {
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      fail(fields.place("model"),
           fmt::format("there is no model '{}' under models{}", *name, did_you_mean(*name, known)),
           fmt::format("there are: {}", fmt::join(known, ", ")));
    }
    if (std::find(chosen.begin(), name, *name) != name) {
      fail(fields.place("model"), fmt::format("the model '{}' is named twice", *name));
    }
  }
  return chosen;
}

Json expanded(Json value, const Place &place) {
  if (value.is_string()) return expand_environment(value.get_ref<const std::string &>(), place);
  if (value.is_structured()) {
    for (auto &part : value) part = expanded(part, place);
  }
  return value;
}

// A text, or a map of columns. Columns that hold prose keep the letters that were written.
Json inline_prompt(const YamlNode &node) {
  const WrittenParameter written = written_parameter(YamlNode{}, node);
  if (node.kind == YamlNode::Kind::scalar) return expanded(written.text, node.place);
  if (node.kind != YamlNode::Kind::map) {
    fail(node.place, "a prompt must be text, or a map of columns",
         "for example: {prompt: a fox, seed: 7}");
  }
  Json row = Json::object();
  for (const YamlEntry &entry : node.entries) {
    const std::string &name = entry.key.text;
    const bool prose =
        name == "prompt" || name == "text" || name == "negative_prompt" || name == "id";
    const Json &value = (prose ? written.text : written.value)[name];
    row[name] = expanded(value, entry.value.place);
  }
  return row;
}

void parse_prompts(const YamlNode &node, JobConfig &job) {
  switch (node.kind) {
    case YamlNode::Kind::scalar: {
      const std::string text = expand_environment(node.text, node.place);
      job.prompts = text == "-" ? fs::path("-") : absolute_path(text, node.place);
      return;
    }
    case YamlNode::Kind::list:
      job.folder = folder_of(node.place);
      for (const YamlNode &item : node.items) {
        job.inline_prompts.push_back(inline_prompt(item));
        job.inline_places.push_back(item.place);
      }
      if (job.inline_prompts.empty()) fail(node.place, "the list of prompts is empty");
      return;
    case YamlNode::Kind::map:
      fail(node.place, "prompts must be a file, - for stdin, or a list",
           "a template is a text: prompts: [\"a {red|blue} fox\"], with variants: all");
    case YamlNode::Kind::null:
      return;
  }
}

JobConfig parse_job(const YamlNode &node, const Section &section,
                    const std::vector<ModelConfig> &models) {
  const Fields fields(node, section);
  JobConfig job;
  job.models = job_models(fields, models);
  parse_prompts(*fields.find("prompts"), job);
  parse_expansion(fields, section, job);
  fields.read("num_generations", job.num_generations);
  fields.read("seed", job.seed);
  if (job.seed > largest_seed) {
    fail(fields.place("seed"), fmt::format("seed must be at most {}", largest_seed));
  }
  job.output = parse_output(*fields.find("output"), *section.find("output")->section);
  if (const YamlNode *prices = fields.find("prices")) job.prices = parse_job_prices(*prices);
  if (const YamlNode *budget = fields.find("budget")) {
    job.budget = parse_budget(*budget, *section.find("budget")->section);
  }
  return job;
}

// Once all models are known by name: those that draw instead of others may stand anywhere.
void parse_retries(const YamlNode &root, const Section &keys, std::vector<ModelConfig> &models) {
  const YamlNode &written = *root.find("models");
  const Section &section = *keys.find("models")->section->find("retry")->section;
  const YamlNode *defaults = root.find("job")->find("retry");
  for (ModelConfig &model : models) {
    if (defaults != nullptr && defaults->kind != YamlNode::Kind::null) {
      parse_retry(*defaults, section, model.name, true, model.retry);
    }
    const YamlNode *own = written.find(model.name)->find("retry");
    if (own != nullptr && own->kind != YamlNode::Kind::null) {
      parse_retry(*own, section, model.name, false, model.retry);
    }
  }
  check_fallbacks(models);
}

std::vector<fs::path> parse_plugin_paths(const YamlNode &node, const Section &section) {
  const Fields fields(node, section);
  std::vector<std::string> written;
  fields.read("paths", written);
  std::vector<fs::path> paths;
  for (const std::string &path : written) {
    paths.push_back(absolute_path(path, fields.place("paths")));
  }
  return paths;
}

// Lower-case, as sha256_hex() writes it.
std::string parse_sha256(const YamlNode &node) {
  constexpr std::size_t digits = 64;
  std::string text = node.text;
  for (char &c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  if (node.kind != YamlNode::Kind::scalar || text.size() != digits ||
      text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    fail(node.place, "a SHA-256 has 64 hex digits", "`pictor plugins info ID` shows a file's");
  }
  return text;
}

std::map<std::string, std::string> parse_plugin_pins(const YamlNode &node) {
  const YamlNode *pins = node.find("sha256");
  if (pins == nullptr) return {};
  if (pins->kind != YamlNode::Kind::map) {
    fail(pins->place, "sha256 must be a map from plugin ids to hashes",
         "for example: sha256: {openai: 9f86d0...}");
  }
  std::map<std::string, std::string> result;
  for (const YamlEntry &entry : pins->entries) {
    if (!is_id(entry.key.text)) {
      fail(entry.key.place, fmt::format("'{}' is not a plugin's id", entry.key.text),
           "`pictor plugins` lists the ids");
    }
    result.emplace(entry.key.text, parse_sha256(entry.value));
  }
  return result;
}

}  // namespace

Config load_config(const fs::path &file, const std::vector<Override> &overrides) {
  const Section &keys = job_file_keys();
  const std::shared_ptr<const Source> source = Source::read(file);
  YamlNode root = parse_yaml(source);
  check_version(root, source);
  for (const Override &override : overrides) apply_override(root, override);
  const Fields fields(root, keys);
  Config config;
  config.file = fs::absolute(file).lexically_normal();
  if (const YamlNode *plugins = fields.find("plugins")) {
    config.plugin_paths = parse_plugin_paths(*plugins, *keys.find("plugins")->section);
    config.plugin_pins = parse_plugin_pins(*plugins);
  }
  config.models = parse_models(*fields.find("models"), *keys.find("models")->section);
  config.job = parse_job(*fields.find("job"), *keys.find("job")->section, config.models);
  parse_retries(root, keys, config.models);
  return config;
}

}  // namespace pictor::host
