#include "config/keys.hpp"

#include <algorithm>

namespace pictor::host {
namespace {

ParameterSpec spec(std::string id, ParameterType type, std::string doc) {
  ParameterSpec result;
  result.id = std::move(id);
  result.type = type;
  result.doc = std::move(doc);
  return result;
}

Key value(std::string id, ParameterType type, std::string doc) {
  return {.spec = spec(std::move(id), type, std::move(doc))};
}

Key integer(std::string id, double minimum, double maximum, std::string doc) {
  Key key = value(std::move(id), ParameterType::integer, std::move(doc));
  key.spec.minimum = minimum;
  key.spec.maximum = maximum;
  return key;
}

Key choice(std::string id, std::vector<ParameterChoice> choices, std::string doc) {
  Key key = value(std::move(id), ParameterType::choice, std::move(doc));
  key.spec.choices = std::move(choices);
  return key;
}

Key section(std::string id, Key::Form form, const Section &keys, std::string doc) {
  Key key = value(std::move(id), ParameterType::json, std::move(doc));
  key.form = form;
  key.section = &keys;
  return key;
}

Key free_form(std::string id, std::string doc) {
  Key key = value(std::move(id), ParameterType::json, std::move(doc));
  key.form = Key::Form::free;
  return key;
}

Key later(std::string id) {
  Key key = value(std::move(id), ParameterType::json, "Not yet built.");
  key.form = Key::Form::free;
  key.later = true;
  return key;
}

Key later_values(Key key, std::vector<std::string> values) {
  key.later_values = std::move(values);
  return key;
}

Key required(Key key) {
  key.spec.required = true;
  return key;
}

const Section &plugins_keys() {
  static const Section keys{.noun = "plugins",
                            .keys = {value("paths", ParameterType::string_list,
                                           "Folders searched for plugins before the usual ones.")}};
  return keys;
}

const Section &limits_keys() {
  static const Section keys{
      .noun = "limits",
      .keys = {integer("concurrency", 1, 1024, "Requests to the model at once."),
               later("requests_per_minute"), later("requests_per_second"),
               later("requests_per_day"), later("tokens_per_minute"), later("images_per_minute")}};
  return keys;
}

const Section &generation_keys() {
  static const Section keys{.noun = "generation_kwargs", .keys = {}, .open = true};
  return keys;
}

const Section &model_keys() {
  static const Section keys{
      .noun = "model",
      .keys = {required(value("plugin", ParameterType::string,
                              "A plugin's id, or the path of a .so file.")),
               value("model_id", ParameterType::string,
                     "Which of the plugin's models; its first one without this key."),
               section("generation_kwargs", Key::Form::section, generation_keys(),
                       "Request-scope parameters: how each picture is drawn."),
               section("limits", Key::Form::section, limits_keys(), "How hard the model is used."),
               later_values(
                   choice("isolation", {{"auto"}, {"in-process"}}, "Where the plugin runs."),
                   {"worker"}),
               later("retry"), later("sandbox"), later("prices"), later("lane"), later("fallback")},
      .open = true};
  return keys;
}

const Section &output_keys() {
  static const Section keys{
      .noun = "output",
      .keys = {required(value("dir", ParameterType::path, "The dataset's folder.")),
               later_values(choice("layout", {{"imagefolder"}}, "How the dataset is laid out."),
                            {"webdataset", "folder"}),
               value("split", ParameterType::string,
                     "The folder of the pictures below dir: letters, digits and _."),
               choice("format", {{"png"}, {"jpeg", "", {"jpg"}}, {"webp"}},
                      "The file format of pictures that the model hands over as pixels."),
               integer("quality", 1, 100, "Of jpeg and webp."), later("shard_size"),
               later("thumbnails")}};
  return keys;
}

const Section &matrix_keys() {
  static const Section keys{.noun = "matrix", .keys = {}, .open = true};
  return keys;
}

const Section &job_keys() {
  static const Section keys{
      .noun = "job",
      .keys = {value("model", ParameterType::string_list,
                     "A name under models, or a list of them: every row with every one."),
               required(free_form("prompts",
                                  "A .txt, .csv, .tsv or .jsonl file, also gzip'd, - for stdin, "
                                  "or a list.")),
               choice("variants", {{"off"}, {"all"}, {"random"}},
                      "What {a|b} and __wildcard__ in prompts mean: text, every combination, or "
                      "random ones."),
               integer("draws", 1, 10'000'000, "Combinations per row with variants: random."),
               value("wildcards", ParameterType::path,
                     "The folder of wildcard files: __colour__ means a line of its colour.txt."),
               section("matrix", Key::Form::section, matrix_keys(),
                       "Parameters and columns with lists of values: every row with every "
                       "combination."),
               integer("num_generations", 1, 10000, "Pictures per row."),
               value("seed", ParameterType::seed, "What the seeds of rows are derived from."),
               required(section("output", Key::Form::section, output_keys(),
                                "Where and how the dataset is written.")),
               later("budget"), later("prices"), later("lane"), later("order"), later("filter"),
               later("retry")}};
  return keys;
}

}  // namespace

const Key *Section::find(std::string_view id) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key &key) { return key.spec.id == id; });
  return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string> Section::names() const {
  std::vector<std::string> names;
  for (const Key &key : keys) names.push_back(key.spec.id);
  return names;
}

const Section &job_file_keys() {
  static const Section keys{
      .noun = "",
      .keys = {required(integer("pictor", job_file_version, job_file_version,
                                "The version of this format.")),
               section("plugins", Key::Form::section, plugins_keys(), "Where plugins are found."),
               required(section("models", Key::Form::sections, model_keys(),
                                "The models, each under a name of yours.")),
               required(section("job", Key::Form::section, job_keys(), "What is drawn.")),
               later("prices"), later("budget"), later("sandbox"), later("include")}};
  return keys;
}

}  // namespace pictor::host
