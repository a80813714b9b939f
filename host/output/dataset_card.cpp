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

std::string front_matter(const CardFacts &facts, std::uint64_t pictures) {
  std::string yaml = "---\n";
  if (facts.license) yaml += fmt::format("license: {}\n", yaml_string(*facts.license));
  yaml += fmt::format("pretty_name: {}\n", yaml_string(facts.title));
  yaml += "task_categories:\n- text-to-image\n";
  yaml += "tags:\n- synthetic\n- pictor\n";
  yaml += fmt::format("size_categories:\n- {}\n", size_category(pictures));
  yaml +=
      fmt::format("configs:\n- config_name: default\n  data_files:\n  - split: {}\n    path: {}\n",
                  yaml_string(facts.split), yaml_string(facts.split + "/**"));
  return yaml + "---\n";
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
  card += fmt::format(
      "```python\nfrom datasets import load_dataset\n\n"
      "dataset = load_dataset(\"imagefolder\", data_dir=\".\", split={})\n```\n\n",
      yaml_string(facts.split));
  card += fmt::format(
      "The pictures and `metadata.jsonl` are in `{}/`: the prompt is `text`, the seed and every "
      "setting have their own columns. `job.yaml` is the job that made them.\n\n",
      facts.split);
  card += "## Models\n\n";
  for (const CardModel &model : facts.models) card += model_section(model);
  card += fmt::format("## Outcomes\n\n{} samples were asked for.\n\n", samples);
  if (samples > 0) card += outcome_table(facts);
  if (!facts.example_prompts.empty()) card += "## Prompts\n\nThe first of them:\n\n";
  for (const std::string &prompt : facts.example_prompts) {
    card += fmt::format("- {}\n", plain(shortened(valid_utf8(prompt), max_example_columns)));
  }
  return card;
}

}  // namespace pictor::host
