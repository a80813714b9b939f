#include "output/dataset_card.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <cctype>
#include <numeric>
#include <string_view>
#include <utility>

namespace pictor::host {

namespace {

constexpr std::size_t max_example_columns = 200;

// A JSON string is a YAML string too.
std::string yaml_string(std::string_view text) {
  return Json(text).dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

// One line of Markdown that shows the text and does nothing else: no markup, no HTML, no table
// cell's end.
std::string plain(std::string_view text) {
  std::string escaped;
  for (const char c : terminal_safe(text)) {
    const bool punctuation = static_cast<unsigned char>(c) < 0x80 && std::ispunct(c) != 0;
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      if (punctuation && c != ',' && c != '\'' && c != '"' && c != '/' && c != '%') escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

std::string_view size_category(std::uint64_t pictures) {
  constexpr std::pair<std::uint64_t, std::string_view> categories[] = {
      {1'000, "n<1K"},          {10'000, "1K<n<10K"},     {100'000, "10K<n<100K"},
      {1'000'000, "100K<n<1M"}, {10'000'000, "1M<n<10M"}, {100'000'000, "10M<n<100M"},
  };
  for (const auto &[below, name] : categories) {
    if (pictures < below) return name;
  }
  return "100M<n<1B";
}

// Where the loader finds a split, as a YAML list.
std::string data_files(const CardFacts &facts, const std::vector<std::string> &patterns) {
  std::string yaml =
      fmt::format("  data_files:\n  - split: {}\n    path:", yaml_string(facts.split));
  if (patterns.size() == 1) return yaml + fmt::format(" {}\n", yaml_string(patterns[0]));
  yaml += "\n";
  for (const std::string &pattern : patterns) {
    yaml += fmt::format("    - {}\n", yaml_string(pattern));
  }
  return yaml;
}

std::string shards_of(const CardFacts &facts, const std::string &extension) {
  return fmt::format("{0}/{0}-{1}-*.tar", facts.split, extension);
}

// A series of shards is a configuration of its own: a reader wants one set of files per sample.
std::string configurations(const CardFacts &facts) {
  std::string yaml = "configs:\n";
  if (facts.layout == "webdataset") {
    for (const std::string &extension : facts.extensions) {
      yaml +=
          fmt::format("- config_name: {}\n", facts.extensions.size() == 1 ? "default" : extension);
      yaml += data_files(facts, {shards_of(facts, extension)});
    }
    return facts.extensions.empty() ? "" : yaml;
  }
  std::vector<std::string> patterns = {facts.split + "/**"};
  if (facts.sidecar) {
    patterns = {facts.split + "/metadata.jsonl"};
    for (const std::string &extension : facts.extensions) {
      patterns.push_back(fmt::format("{}/**/*.{}", facts.split, extension));
    }
  }
  return yaml + "- config_name: default\n" + data_files(facts, patterns);
}

std::string front_matter(const CardFacts &facts, std::uint64_t pictures) {
  std::string yaml = "---\n";
  if (facts.license) yaml += fmt::format("license: {}\n", yaml_string(*facts.license));
  yaml += fmt::format("pretty_name: {}\n", yaml_string(facts.title));
  yaml += "task_categories:\n- text-to-image\n";
  yaml += "tags:\n- synthetic\n- pictor\n";
  yaml += fmt::format("size_categories:\n- {}\n", size_category(pictures));
  return yaml + configurations(facts) + "---\n";
}

std::string python(const std::string &load) {
  return fmt::format("```python\nfrom datasets import load_dataset\n\n{}```\n\n", load);
}

std::string loading(const CardFacts &facts) {
  const std::string split = yaml_string(facts.split);
  if (facts.layout != "webdataset") {
    return python(fmt::format("dataset = load_dataset(\"imagefolder\", data_dir=\".\", split={})\n",
                              split)) +
           fmt::format(
               "The pictures and `metadata.jsonl` are in `{}/`: the prompt is `text`, the seed and "
               "every setting have their own columns. `job.yaml` is the job that made them.\n\n",
               facts.split);
  }
  std::string lines;
  for (const std::string &extension : facts.extensions) {
    lines += fmt::format("{} = load_dataset(\"webdataset\", data_files={{{}: {}}}, split={})\n",
                         facts.extensions.size() == 1 ? "dataset" : extension, split,
                         yaml_string(shards_of(facts, extension)), split);
  }
  if (!lines.empty()) lines = python(lines);
  return lines +
         fmt::format(
             "The pictures are in tar shards in `{}/`, a series for each file format. A sample is "
             "`KEY.png` (or `jpg`, `webp`), `KEY.txt`, the prompt, and `KEY.json`, the seed and "
             "every setting: the same columns and types in every sample, empty where there is "
             "nothing, -1 for no seed, and what has no column as JSON text in `extra`. `job.yaml` "
             "is the job that made them.\n\n",
             facts.split);
}

std::string value_text(const Json &value) {
  return value.is_string()
             ? value.get<std::string>()
             : value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string model_section(const CardModel &model) {
  std::string text = fmt::format("### {}\n\n", plain(model.name));
  text += fmt::format("{} through the plugin {} {}.\n\n", plain(model.model_name),
                      plain(model.plugin), plain(model.plugin_version));
  if (model.parameters.empty()) return text;
  text += "| parameter | value |\n|---|---|\n";
  for (const auto &[name, value] : model.parameters.items()) {
    text += fmt::format("| {} | {} |\n", plain(name), plain(value_text(value)));
  }
  return text + "\n";
}

std::string outcome_table(const CardFacts &facts) {
  std::string text = "| outcome | samples |\n|---|---:|\n";
  for (std::size_t i = 0; i < outcome_names.size(); ++i) {
    if (facts.counts[i] > 0) {
      text += fmt::format("| {} | {} |\n", plain(outcome_names[i]), facts.counts[i]);
    }
  }
  return text + "\n";
}

}  // namespace

std::string dataset_card(const CardFacts &facts) {
  const std::uint64_t pictures = facts.counts[static_cast<std::size_t>(Outcome::ok)];
  const std::uint64_t samples =
      std::accumulate(facts.counts.begin(), facts.counts.end(), std::uint64_t{0});
  std::string card = front_matter(facts, pictures);
  card += fmt::format("\n# {}\n\n", plain(facts.title));
  card += fmt::format("{} pictures drawn from {} prompts by {}, job seed {}.\n\n", pictures,
                      facts.rows, plain(facts.version), facts.seed);
  card += loading(facts);
  card += "## Models\n\n";
  for (const CardModel &model : facts.models) card += model_section(model);
  card += fmt::format("## Outcomes\n\n{} samples were asked for.\n\n", samples);
  if (samples > 0) card += outcome_table(facts);
  if (samples > pictures) card += "Those without a picture are in `failures.jsonl`.\n\n";
  if (!facts.example_prompts.empty()) card += "## Prompts\n\nThe first of them:\n\n";
  for (const std::string &prompt : facts.example_prompts) {
    card += fmt::format("- {}\n", plain(shortened(valid_utf8(prompt), max_example_columns)));
  }
  return card;
}

}  // namespace pictor::host
