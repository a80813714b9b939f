#include "config/keys.hpp"

#include "config/policy.hpp"

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

Key positive(std::string id, ParameterType type, std::string doc) {
  Key key = value(std::move(id), type, std::move(doc));
  key.spec.minimum = 0;
  key.spec.exclusive_minimum = true;
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

Key required(Key key) {
  key.spec.required = true;
  return key;
}

const Section &plugins_keys() {
  static const Section keys{.noun = "plugins",
                            .keys = {value("paths", ParameterType::string_list,
                                           "Folders searched for plugins before the usual ones."),
                                     free_form("sha256",
                                               "By plugin id, the SHA-256 that its file must have "
                                               "to be loaded.")}};
  return keys;
}

const Section &limits_keys() {
  static const Section keys{
      .noun = "limits",
      .keys = {integer("concurrency", 1, 100000, "Requests to the model at once."),
               value("adaptive", ParameterType::boolean,
                     "Fewer at once when a remote model is rate limited, more again when it is "
                     "not; true without this key."),
               positive("requests_per_second", ParameterType::number, "Of one account."),
               positive("requests_per_minute", ParameterType::number, "Of one account."),
               integer("requests_per_day", 1, 1e9, "Of one account, in any 24 hours of a run."),
               positive("images_per_minute", ParameterType::number, "Of one account."),
               positive("tokens_per_minute", ParameterType::number,
                        "Of one account, where the model tells how many a request took.")}};
  return keys;
}

const Section &backoff_keys() {
  static const Section keys{
      .noun = "backoff",
      .keys = {positive("first", ParameterType::number, "Seconds before the second request; 0.5."),
               positive("most", ParameterType::number,
                        "Seconds that the wait, doubled each time, grows to; 8.")}};
  return keys;
}

const Section &fallback_keys() {
  static const Section keys{
      .noun = "reaction",
      .keys = {required(value("fallback", ParameterType::string,
                              "The model, by its name under models, that draws it instead."))}};
  return keys;
}

Key reaction(Outcome outcome) {
  Key key = choice(std::string(name_of(outcome)), {{"retry"}, {"skip"}, {"stop"}},
                   "Ask again, let it be, ask the model nothing more, or fallback: a model.");
  key.form = Key::Form::either;
  key.section = &fallback_keys();
  return key;
}

const Section &reaction_keys() {
  static const Section keys = [] {
    Section section{.noun = "on", .keys = {}};
    for (const Outcome outcome : policy_outcomes) section.keys.push_back(reaction(outcome));
    return section;
  }();
  return keys;
}

const Section &retry_keys() {
  static const Section keys{
      .noun = "retry",
      .keys = {integer("attempts", 1, 100, "Requests per sample at most; 5."),
               section("backoff", Key::Form::section, backoff_keys(), "The wait between them."),
               positive("deadline", ParameterType::number,
                        "Seconds for a sample from its first request, after which it is not asked "
                        "for again."),
               choice("maybe_billed", {{"keep"}, {"redraw"}},
                      "What becomes of a sample that may be paid for and whose answer was lost."),
               section("on", Key::Form::section, reaction_keys(),
                       "What is done about a sample that ended so.")}};
  return keys;
}

const Section &sandbox_keys() {
  static const Section keys{
      .noun = "sandbox",
      .keys = {value("read", ParameterType::string_list,
                     "Folders and files that the plugin may read beyond its own and its model's."),
               value("network", ParameterType::boolean, "Whether the plugin may use the network."),
               value("memory", ParameterType::string, "The memory it may take at most: 8GB.")}};
  return keys;
}

// `true`, or what the plugin may do all the same.
Key sandbox_key() {
  Key key =
      value("sandbox", ParameterType::boolean,
            "Runs the plugin in a worker without network, files of yours and other programs.");
  key.form = Key::Form::either;
  key.section = &sandbox_keys();
  return key;
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
               choice("isolation", {{"auto"}, {"in-process"}, {"worker"}},
                      "Where the plugin runs: worker is a process of its own, whose crash or hang "
                      "costs the pictures it is at; auto, as the plugin wants it."),
               positive("patience", ParameterType::number,
                        "Seconds without a sign of life after which a worker counts as hung; 600."),
               sandbox_key(),
               section("retry", Key::Form::section, retry_keys(),
                       "What is done about samples that fail."),
               later("fallback")},
      .open = true};
  return keys;
}

const Section &output_keys() {
  static const Section keys{
      .noun = "output",
      .keys = {required(value("dir", ParameterType::path, "The dataset's folder.")),
               choice("layout", {{"imagefolder"}, {"webdataset"}, {"folder"}},
                      "imagefolder and folder keep a file per picture, webdataset tar shards."),
               value("split", ParameterType::string,
                     "The folder of the pictures below dir: letters, digits and _."),
               choice("format", {{"png"}, {"jpeg", "", {"jpg"}}, {"webp"}},
                      "The file format of pictures that the model hands over as pixels."),
               integer("quality", 1, 100, "Of jpeg and webp."),
               value("transcode", ParameterType::boolean,
                     "Convert pictures that come encoded to format; else their bytes are kept."),
               value("shard_size", ParameterType::string,
                     "webdataset: the size of a shard, in bytes or as 1GB."),
               integer("shard_pictures", 1, 1e6, "webdataset: pictures in a shard, at most."),
               value("name", ParameterType::string,
                     "folder: file names, as {model}/{id}_{seed}; fields are row, id, model, "
                     "generation, seed, prompt, and any column or parameter."),
               choice("sidecar", {{"none"}, {"txt"}, {"json"}},
                      "folder: a file beside each picture with its prompt or its metadata."),
               later("thumbnails")}};
  return keys;
}

const Section &matrix_keys() {
  static const Section keys{.noun = "matrix", .keys = {}, .open = true};
  return keys;
}

const Section &budget_keys() {
  static const Section keys = [] {
    Key max_cost = required(value("max_cost", ParameterType::number,
                                  "US dollars that the dataset may cost, all runs together."));
    max_cost.spec.minimum = 0;
    max_cost.spec.maximum = 1e9;
    return Section{.noun = "budget",
                   .keys = {max_cost, choice("unknown_price", {{"refuse"}, {"allow"}},
                                             "Whether a model that bills may run without a known "
                                             "price.")}};
  }();
  return keys;
}

const Section &job_keys() {
  static const Section keys{
      .noun = "job",
      .keys = {
          value("model", ParameterType::string_list,
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
          section("budget", Key::Form::section, budget_keys(), "What the dataset may cost."),
          free_form("prices", "A file of prices, or {entries: [...]}: asked before pictor's own."),
          later("lane"), later("order"), later("filter"),
          section("retry", Key::Form::section, retry_keys(),
                  "What models without a retry of their own do about samples that fail.")}};
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
               later("sandbox"), later("include")}};
  return keys;
}

}  // namespace pictor::host
