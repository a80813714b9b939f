#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/keys.hpp"
#include "config/parse_isolation.hpp"
#include "config/policy_keys.hpp"
#include "config/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

// For values that were resolved: what looks like a reference must not become one.
std::string resolved(const std::string &text) {
  return yaml_text(escape_references(text));
}

std::string resolved(const std::filesystem::path &path) {
  return resolved(path.string());
}

// A value beside the text it was written as, so that 1.10 stays 1.10.
std::string as_written(const Json &value, const Json &text) {
  if (value.is_array()) {
    std::string list;
    for (std::size_t i = 0; i < value.size(); ++i) {
      list += (i == 0 ? "" : ", ") + as_written(value[i], text[i]);
    }
    return "[" + list + "]";
  }
  if (value.is_object()) {
    std::string map;
    for (const auto &[key, part] : value.items()) {
      map += (map.empty() ? "" : ", ") + yaml_text(key) + ": " + as_written(part, text.at(key));
    }
    return "{" + map + "}";
  }
  if (value.is_string()) return yaml_text(value.get<std::string>());
  if (value.is_null()) return "null";
  return text.is_string() ? text.get<std::string>() : value.dump();
}

std::string resolved_json(const Json &value) {
  if (value.is_string()) return resolved(value.get<std::string>());
  if (!value.is_structured()) return value.dump();
  std::string parts;
  for (const auto &[key, part] : value.items()) {
    parts += parts.empty() ? "" : ", ";
    if (value.is_object()) parts += yaml_text(key) + ": ";
    parts += resolved_json(part);
  }
  return value.is_object() ? "{" + parts + "}" : "[" + parts + "]";
}

std::string parameter_lines(const std::vector<WrittenParameter> &written, std::string_view indent) {
  std::string lines;
  for (const WrittenParameter &parameter : written) {
    lines += fmt::format("{}{}: {}\n", indent, yaml_text(parameter.name),
                         as_written(parameter.value, parameter.text));
  }
  return lines;
}

std::string model_lines(const ModelConfig &model) {
  std::string lines =
      fmt::format("  {}:\n    plugin: {}\n", yaml_text(model.name), resolved(model.plugin));
  if (!model.model_id.empty()) lines += fmt::format("    model_id: {}\n", resolved(model.model_id));
  lines += parameter_lines(model.load, "    ");
  if (!model.generation_kwargs.empty()) {
    lines += "    generation_kwargs:\n" + parameter_lines(model.generation_kwargs, "      ");
  }
  return lines + isolation_lines(model.isolation) + limits_line(model.limits) +
         retry_lines(model.retry);
}

template <class Values>
std::string list_of(const Values &values) {
  std::string list;
  for (const auto &value : values) list += (list.empty() ? "" : ", ") + resolved(value);
  return "[" + list + "]";
}

std::string prompt_lines(const JobConfig &job) {
  if (job.inline_prompts.empty()) return "  prompts: " + resolved(job.prompts) + "\n";
  std::string lines = "  prompts:\n";
  for (const Json &prompt : job.inline_prompts) lines += "    - " + resolved_json(prompt) + "\n";
  return lines;
}

std::string expansion_lines(const JobConfig &job) {
  std::string lines;
  if (job.variants != Variants::off) {
    lines += "  variants: " + resolved(std::string(name_of(job.variants))) + "\n";
  }
  if (job.variants == Variants::random) lines += fmt::format("  draws: {}\n", job.draws);
  if (!job.wildcards.empty()) lines += "  wildcards: " + resolved(job.wildcards) + "\n";
  if (!job.matrix.empty()) lines += "  matrix:\n";
  for (const MatrixKey &key : job.matrix) {
    std::string values;
    for (const WrittenParameter &written : key.values) {
      values += (values.empty() ? "" : ", ") + as_written(written.value, written.text);
    }
    lines += fmt::format("    {}: [{}]\n", yaml_text(key.name), values);
  }
  return lines;
}

std::string output_lines(const OutputConfig &output) {
  std::string lines =
      fmt::format("  output:\n    dir: {}\n    layout: {}\n    split: {}\n    format: {}\n",
                  resolved(output.dir), resolved(output.layout), resolved(output.split),
                  name_of(output.format));
  if (output.format != ImageFormat::png) lines += fmt::format("    quality: {}\n", output.quality);
  if (output.transcode) lines += "    transcode: true\n";
  if (output.layout == "webdataset") {
    lines += fmt::format("    shard_size: {}\n    shard_pictures: {}\n", output.shard_size,
                         output.shard_pictures);
  }
  if (output.layout == "folder") {
    if (!output.name.empty()) lines += fmt::format("    name: {}\n", resolved(output.name));
    lines += fmt::format("    sidecar: {}\n", output.sidecar);
  }
  return lines;
}

std::string money_lines(const JobConfig &job) {
  std::string lines;
  if (job.prices) {
    lines += "  prices: ";
    lines += job.prices->file.empty() ? to_flow_yaml(*job.prices) : resolved(job.prices->file);
    lines += '\n';
  }
  if (job.budget) {
    lines += fmt::format("  budget: {{max_cost: {}, unknown_price: {}}}\n",
                         dollars_of(job.budget->max_cost),
                         job.budget->allows_unknown_prices ? "allow" : "refuse");
  }
  return lines;
}

}  // namespace

std::string to_yaml(const Config &config) {
  std::string text = fmt::format("pictor: {}\n", job_file_version);
  if (!config.plugin_paths.empty() || !config.plugin_pins.empty()) text += "plugins:\n";
  if (!config.plugin_paths.empty()) {
    text += "  paths: " + list_of(config.plugin_paths) + "\n";
  }
  if (!config.plugin_pins.empty()) text += "  sha256:\n";
  for (const auto &[id, hash] : config.plugin_pins) {
    text += fmt::format("    {}: \"{}\"\n", id, hash);
  }
  text += "models:\n";
  for (const ModelConfig &model : config.models) text += model_lines(model);
  text += "job:\n  model: " + list_of(config.job.models) + "\n" + prompt_lines(config.job);
  text += expansion_lines(config.job);
  text += fmt::format("  num_generations: {}\n  seed: {}\n", config.job.num_generations,
                      config.job.seed);
  return text + output_lines(config.job.output) + money_lines(config.job);
}

}  // namespace pictor::host
