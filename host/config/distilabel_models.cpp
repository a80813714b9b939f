#include "config/distilabel.hpp"
#include "config/environment.hpp"
#include "config/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace pictor::host {
namespace {

// Arguments of agenerate() that are parameters of ours under the same name.
constexpr std::array openai_kwargs = {
    "size",       "quality",    "style",         "response_format",    "user",
    "background", "moderation", "output_format", "output_compression", "num_generations"};
constexpr std::array endpoint_kwargs = {"negative_prompt",     "height",         "width",
                                        "num_inference_steps", "guidance_scale", "num_generations"};

bool is_given(const YamlNode *node) {
  if (node == nullptr || node->kind == YamlNode::Kind::null) return false;
  if (node->kind == YamlNode::Kind::map) return !node->entries.empty();
  if (node->kind == YamlNode::Kind::list) return !node->items.empty();
  return true;
}

// distilabel declares sizes and steps as numbers with a fraction: 768.0 is 768.
std::string whole(const std::string &key, const std::string &text) {
  constexpr std::array keys = {"height", "width", "num_inference_steps"};
  const bool counts = std::find(keys.begin(), keys.end(), key) != keys.end();
  return counts && text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

template <typename Keys>
std::string kwargs_lines(const YamlNode &model, const Keys &known, const std::string &step,
                         std::vector<std::string> &left_out) {
  const YamlNode *kwargs = model.find("generation_kwargs");
  if (!is_given(kwargs) || kwargs->kind != YamlNode::Kind::map) return {};
  std::string lines;
  for (const YamlEntry &entry : kwargs->entries) {
    const std::string &key = entry.key.text;
    if (!is_given(&entry.value)) continue;
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      left_out.push_back(
          fmt::format("{}: generation_kwargs.{}: Pictor's plugin has no such "
                      "parameter; see `pictor params` and extra_body",
                      step, key));
      continue;
    }
    if (key == "num_generations") continue;  // the job's
    lines += fmt::format("      {}: {}\n", key, whole(key, yaml_line(entry.value)));
  }
  return lines.empty() ? lines : "    generation_kwargs:\n" + lines;
}

void name_the_rest(const YamlNode &model, const std::string &step,
                   std::vector<std::string> &left_out) {
  for (const char *key : {"structured_output", "tokenizer_id", "magpie_pre_query_template"}) {
    if (is_given(model.find(key))) {
      left_out.push_back(fmt::format("{}: {}: it says nothing about pictures", step, key));
    }
  }
}

std::string plain_line(const YamlNode &model, std::string_view theirs, std::string_view ours,
                       std::string_view usual = {}) {
  const YamlNode *node = model.find(theirs);
  if (!is_given(node) || (node->kind == YamlNode::Kind::scalar && node->text == usual)) return {};
  return fmt::format("    {}: {}\n", ours, yaml_line(*node));
}

// Headers of the user's own; a key among them does not go into a file.
std::string headers_line(const YamlNode &model, const std::string &step,
                         std::vector<std::string> &left_out) {
  const YamlNode *headers = model.find("default_headers");
  if (!is_given(headers) || headers->kind != YamlNode::Kind::map) return {};
  std::string parts;
  for (const YamlEntry &entry : headers->entries) {
    std::string name = entry.key.text;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool is_key = name.find("auth") != std::string::npos ||
                        name.find("key") != std::string::npos ||
                        name.find("token") != std::string::npos;
    if (is_key) {
      left_out.push_back(
          fmt::format("{}: default_headers.{}: a key does not stand in a job file: "
                      "OPENAI_CUSTOM_HEADERS, or api_key: ${{NAME}}",
                      step, entry.key.text));
      continue;
    }
    parts += fmt::format("{}{}: {}", parts.empty() ? "" : ", ", yaml_text(entry.key.text),
                         yaml_line(entry.value));
  }
  return parts.empty() ? parts : "    headers: {" + parts + "}\n";
}

std::string retries_line(const YamlNode &model) {
  const std::string retries = scalar_text(model, "max_retries");
  const bool number = !retries.empty() && retries.size() < 4 &&
                      retries.find_first_not_of("0123456789") == std::string::npos;
  if (!number || retries == "6") return {};
  return fmt::format("    retry: {{attempts: {}}}\n", std::stoi(retries) + 1);
}

std::string openai_lines(const YamlNode &model, const std::string &step,
                         std::vector<std::string> &left_out) {
  std::string lines = "    plugin: openai\n";
  lines += plain_line(model, "model", "model");
  lines += plain_line(model, "base_url", "base_url", "https://api.openai.com/v1");
  lines += headers_line(model, step, left_out);
  lines += plain_line(model, "timeout", "timeout", "120");
  lines += retries_line(model);
  return lines + kwargs_lines(model, openai_kwargs, step, left_out);
}

std::string endpoint_lines(const YamlNode &model, const std::string &step,
                           std::vector<std::string> &left_out) {
  std::string lines = "    plugin: huggingface\n";
  lines += plain_line(model, "model_id", "model");
  lines += plain_line(model, "base_url", "base_url");
  lines += plain_line(model, "provider", "provider");
  lines += plain_line(model, "bill_to", "bill_to");
  if (const std::string name = scalar_text(model, "endpoint_name"); !name.empty()) {
    const std::string owner = scalar_text(model, "endpoint_namespace");
    const std::string whole_name = owner.empty() ? name : owner + "/" + name;
    lines += "    # base_url: https://...    # of the endpoint " + yaml_text(whole_name) + "\n";
    left_out.push_back(
        fmt::format("{}: endpoint_name: Pictor asks an endpoint by its URL; the one "
                    "of '{}' stands at https://endpoints.huggingface.co: write it "
                    "as base_url",
                    step, whole_name));
  }
  return lines + kwargs_lines(model, endpoint_kwargs, step, left_out);
}

}  // namespace

std::string scalar_text(const YamlNode &map, std::string_view key) {
  const YamlNode *node = map.find(key);
  return node != nullptr && node->kind == YamlNode::Kind::scalar ? node->text : std::string();
}

std::string yaml_line(const YamlNode &node) {
  std::string parts;
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "null";
    case YamlNode::Kind::scalar:
      return node.plain ? node.text : yaml_text(escape_references(node.text));
    case YamlNode::Kind::list:
      for (const YamlNode &item : node.items) {
        parts += (parts.empty() ? "" : ", ") + yaml_line(item);
      }
      return "[" + parts + "]";
    case YamlNode::Kind::map:
      for (const YamlEntry &entry : node.entries) {
        parts += fmt::format("{}{}: {}", parts.empty() ? "" : ", ", yaml_text(entry.key.text),
                             yaml_line(entry.value));
      }
      return "{" + parts + "}";
  }
  return {};
}

std::string distilabel_model_lines(const YamlNode &model, const std::string &step,
                                   std::vector<std::string> &left_out) {
  const YamlNode *type = model.find("type_info");
  const std::string name = type == nullptr ? std::string() : scalar_text(*type, "name");
  name_the_rest(model, step, left_out);
  if (name == "OpenAIImageGeneration") return openai_lines(model, step, left_out);
  if (name == "InferenceEndpointsImageGeneration") return endpoint_lines(model, step, left_out);
  left_out.push_back(
      fmt::format("{}: image_generation_model: {} is no class that Pictor knows: name "
                  "a plugin that draws like it",
                  step, name.empty() ? "it" : name));
  return "    # plugin: ...    # draws like " + yaml_text(name) + "\n";
}

}  // namespace pictor::host
