#include "config/distilabel.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "config/environment.hpp"
#include "config/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace pictor::host {
namespace {

// A step of the pipeline: its settings, and what class it is of.
struct Step {
  std::string name, type;
  const YamlNode *settings;
};

// What is known when all steps are read.
struct Parts {
  std::vector<std::string> models;  // names under `models:`
  std::string model_lines, prompt_lines, output_lines;
  std::uint32_t num_generations = 1;
  std::vector<std::string> left_out;
};

[[noreturn]] void refuse(const YamlNode &node, const std::string &why) {
  const std::string hint =
      "Pipeline.save(\"pipeline.yaml\", format=\"yaml\") writes what is read here";
  if (node.place.source == nullptr) throw Error(why, hint);
  throw Error(point_at(node.place, why), hint);
}

std::vector<Step> steps_of(const YamlNode &document) {
  const YamlNode *pipeline = document.find("pipeline");
  const YamlNode *list = pipeline == nullptr ? nullptr : pipeline->find("steps");
  if (list == nullptr || list->kind != YamlNode::Kind::list) {
    refuse(document, "this is no pipeline of distilabel: it has no pipeline.steps");
  }
  std::vector<Step> steps;
  for (const YamlNode &entry : list->items) {
    const YamlNode *settings = entry.find("step");
    if (settings == nullptr || settings->kind != YamlNode::Kind::map) {
      refuse(entry, "a step of the pipeline is no map with 'step'");
    }
    const YamlNode *type = settings->find("type_info");
    std::string name = scalar_text(entry, "name");
    if (name.empty()) name = scalar_text(*settings, "name");
    steps.push_back({name, type == nullptr ? "" : scalar_text(*type, "name"), settings});
  }
  return steps;
}

// The user's name for a model: letters, digits, '-' and '_'.
std::string model_name(const std::string &step, const std::vector<std::string> &taken) {
  std::string name;
  for (const char c : step) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
    name += fits ? c : '_';
  }
  if (name.empty()) name = "model";
  while (std::find(taken.begin(), taken.end(), name) != taken.end()) name += "_";
  return name;
}

std::uint32_t count_of(const YamlNode &map, std::string_view key, std::uint32_t otherwise) {
  const std::string text = scalar_text(map, key);
  const bool fits =
      !text.empty() && text.size() < 7 && text.find_first_not_of("0123456789") == std::string::npos;
  return fits ? static_cast<std::uint32_t>(std::stoul(text)) : otherwise;
}

// What the columns of a step are called elsewhere, when that matters to Pictor, which reads
// `prompt` or `text`.
void read_mappings(const Step &step, Parts &parts) {
  if (const YamlNode *inputs = step.settings->find("input_mappings")) {
    const std::string column = scalar_text(*inputs, "prompt");
    if (!column.empty() && column != "prompt" && column != "text") {
      parts.left_out.push_back(
          fmt::format("{}: input_mappings: Pictor reads the column `prompt` or "
                      "`text`: rename '{}' in the prompt file",
                      step.name, column));
    }
  }
  const YamlNode *outputs = step.settings->find("output_mappings");
  if (outputs != nullptr && outputs->kind == YamlNode::Kind::map) {
    for (const YamlEntry &entry : outputs->entries) {
      parts.left_out.push_back(
          fmt::format("{}: output_mappings: '{}' keeps its name and is not "
                      "called {}",
                      step.name, entry.key.text, yaml_line(entry.value)));
    }
  }
}

void read_format(const Step &step, Parts &parts) {
  std::string format = scalar_text(*step.settings, "image_format");
  std::transform(format.begin(), format.end(), format.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // distilabel makes JPEGs of everything unless told otherwise; Pictor keeps what came.
  if (format == "png" || format == "webp") {
    parts.output_lines = fmt::format(", format: {}, transcode: true", format);
  }
}

void read_drawing(const Step &step, Parts &parts) {
  const YamlNode *model = step.settings->find("image_generation_model");
  if (model == nullptr || model->kind != YamlNode::Kind::map) {
    refuse(*step.settings, "the step '" + step.name + "' has no image_generation_model");
  }
  const std::string name = model_name(step.name, parts.models);
  parts.models.push_back(name);
  parts.model_lines += fmt::format("  {}:\n{}", yaml_text(name),
                                   distilabel_model_lines(*model, step.name, parts.left_out));
  const std::uint32_t rows = count_of(*step.settings, "input_batch_size", 50);
  parts.model_lines +=
      fmt::format("    limits: {{concurrency: {}}}    # input_batch_size\n", std::max(rows, 1u));
  std::uint32_t pictures = count_of(*step.settings, "num_generations", 1);
  if (const YamlNode *kwargs = model->find("generation_kwargs")) {
    pictures *= std::max(count_of(*kwargs, "num_generations", 1), 1u);
  }
  if (parts.models.size() > 1 && pictures != parts.num_generations) {
    parts.left_out.push_back(
        fmt::format("{}: num_generations: a job has one for all its models; the "
                    "steps have {} and {}, written is the larger",
                    step.name, parts.num_generations, pictures));
  }
  parts.num_generations = std::max({parts.num_generations, pictures, 1u});
  if (const YamlNode *resources = step.settings->find("resources")) {
    if (count_of(*resources, "replicas", 1) > 1) {
      parts.left_out.push_back(step.name + ": resources.replicas: one process asks for all");
    }
  }
  read_mappings(step, parts);
  read_format(step, parts);
}

std::string file_of(const YamlNode *files) {
  if (files == nullptr) return {};
  if (files->kind == YamlNode::Kind::scalar) return files->text;
  return files->kind == YamlNode::Kind::list && files->items.size() == 1 ? files->items[0].text
                                                                         : std::string();
}

// The rows that stand in the dump itself, where a version writes them.
bool read_inline_rows(const YamlNode *data, Parts &parts) {
  if (data == nullptr || data->kind != YamlNode::Kind::list || data->items.empty()) return false;
  parts.prompt_lines = "  prompts:\n";
  for (const YamlNode &row : data->items) parts.prompt_lines += "    - " + yaml_line(row) + "\n";
  return true;
}

std::string where_rows_are(const Step &step) {
  const auto text = [&](const char *key) { return scalar_text(*step.settings, key); };
  if (step.type == "LoadDataFromDicts") {
    return "its rows are not in the dump: write them to prompts.jsonl, a JSON object a line";
  }
  if (step.type == "LoadDataFromHub") {
    std::string split = text("split"), config = text("config");
    return fmt::format(
        "load_dataset({}{}, split={}).to_json(\"prompts.jsonl\") writes the rows of "
        "the dataset as a prompt file",
        Json(text("repo_id")).dump(), config.empty() ? "" : ", " + Json(config).dump(),
        Json(split.empty() ? "train" : split).dump());
  }
  return "write its rows to prompts.jsonl, a JSON object a line";
}

void read_loader(const Step &step, Parts &parts) {
  read_mappings(step, parts);
  const std::string rows = scalar_text(*step.settings, "num_examples");
  if (!rows.empty()) {
    parts.left_out.push_back(
        fmt::format("{}: num_examples: `pictor run JOB --limit {}`", step.name, rows));
  }
  if (read_inline_rows(step.settings->find("data"), parts)) return;
  const std::string file = file_of(step.settings->find("data_files"));
  const bool readable = file.ends_with(".csv") || file.ends_with(".jsonl") ||
                        file.ends_with(".txt") || file.ends_with(".tsv");
  if (step.type == "LoadDataFromFileSystem" && readable) {
    parts.prompt_lines = "  prompts: " + yaml_text(escape_references(file)) + "\n";
    return;
  }
  parts.prompt_lines = "  prompts: prompts.jsonl\n";
  parts.left_out.push_back(fmt::format("{} ({}): {}", step.name, step.type, where_rows_are(step)));
}

std::string comments(const YamlNode &document, std::string_view name, const Parts &parts) {
  const YamlNode *version = document.find("distilabel");
  std::string lines = fmt::format(
      "# The distilabel pipeline {} as a job, by `pictor config import` (distilabel {}).\n",
      yaml_text(std::string(name)),
      version == nullptr ? "?" : yaml_text(scalar_text(*version, "version")));
  if (!parts.left_out.empty()) lines += "# Not carried over:\n";
  for (const std::string &line : parts.left_out) {
    std::string shown = line;
    std::replace_if(
        shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    lines += "#   - " + shown + "\n";
  }
  return lines;
}

std::string folder_name(const YamlNode &document) {
  const YamlNode *pipeline = document.find("pipeline");
  return model_name(scalar_text(*pipeline, "name"), {});
}

}  // namespace

ImportedJob import_distilabel(const YamlNode &document, std::string_view name) {
  Parts parts;
  std::vector<std::string> others;
  for (const Step &step : steps_of(document)) {
    if (step.type == "ImageGeneration") {
      read_drawing(step, parts);
    } else if (step.type.starts_with("LoadData")) {
      read_loader(step, parts);
    } else {
      others.push_back(fmt::format("{} ({}): a step that draws nothing", step.name, step.type));
    }
  }
  if (parts.models.empty()) {
    refuse(document, "this pipeline draws nothing: it has no ImageGeneration step");
  }
  parts.left_out.insert(parts.left_out.end(), others.begin(), others.end());
  const YamlNode *routing = document.find("pipeline")->find("routing_batch_functions");
  if (routing != nullptr && !routing->items.empty()) {
    parts.left_out.push_back(
        "routing_batch_functions: every row is drawn with every model; a column "
        "`model` names one for its row");
  }
  if (parts.prompt_lines.empty()) parts.prompt_lines = "  prompts: prompts.jsonl\n";
  std::string models;
  for (const std::string &model : parts.models) {
    models += (models.empty() ? "" : ", ") + yaml_text(model);
  }
  if (parts.models.size() > 1) models = "[" + models + "]";
  ImportedJob job;
  job.yaml = comments(document, name, parts) + "pictor: 1\nmodels:\n" + parts.model_lines +
             "job:\n  model: " + models + "\n" + parts.prompt_lines +
             fmt::format("  num_generations: {}\n  output: {{dir: out/{}{}}}\n",
                         parts.num_generations, folder_name(document), parts.output_lines);
  job.left_out = std::move(parts.left_out);
  return job;
}

}  // namespace pictor::host
