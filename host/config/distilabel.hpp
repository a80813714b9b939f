#pragma once

#include "config/yaml.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// A job file made from somebody else's, and what could not be carried over, a line each: it stands
// in the file as comments too.
struct ImportedJob {
  std::string yaml;
  std::vector<std::string> left_out;
};

// The job of a distilabel pipeline, as `Pipeline.save` writes it (YAML or JSON): its
// ImageGeneration steps with OpenAIImageGeneration or InferenceEndpointsImageGeneration, and its
// loader. Throws Error for what is no such pipeline. `name`: of the file, for the comment.
ImportedJob import_distilabel(const YamlNode &pipeline, std::string_view name);

// The part of import_distilabel that knows distilabel's model classes: the lines of a model under
// `models:`, indented. `step` is the name of its step.
std::string distilabel_model_lines(const YamlNode &model, const std::string &step,
                                   std::vector<std::string> &left_out);

// For both: the text of a scalar below a map, empty where there is none or null.
std::string scalar_text(const YamlNode &map, std::string_view key);
// A node as one line of YAML.
std::string yaml_line(const YamlNode &node);

}  // namespace pictor::host
