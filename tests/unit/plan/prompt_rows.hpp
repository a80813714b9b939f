#pragma once

#include "base/error.hpp"
#include "plan/prompts.hpp"
#include "support/temp_dir.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pictor::test {

// The request parameters that the tests' models have.
inline std::vector<host::ParameterSpec> painter_specs() {
  std::vector<host::ParameterSpec> specs(5);
  specs[0].id = "negative_prompt";
  specs[1].id = "width";
  specs[1].type = host::ParameterType::integer;
  specs[1].minimum = 64;
  specs[1].step = 8;
  specs[2].id = "num_inference_steps";
  specs[2].type = host::ParameterType::integer;
  specs[2].minimum = 1;
  specs[2].aliases = {"steps"};
  specs[3].id = "image";
  specs[3].type = host::ParameterType::image;
  specs[4].id = "images";
  specs[4].type = host::ParameterType::image_list;
  return specs;
}

// A prompt file in a folder of its own, opened for a model called "painter" and, with `two`, one
// called "plain" that has no parameters.
class PromptRows {
 public:
  PromptRows(std::string_view name, std::string_view content, bool strict = false,
             bool two = false) {
    job.prompts = dir.write(name, content);
    rules.models = {{"painter", &painter}};
    if (two) rules.models.emplace_back("plain", &plain);
    rules.strict = strict;
  }

  host::Prompts open() const { return host::Prompts::open(job, rules); }

  // What opening throws, with the folder's name left out, and the hint.
  std::string error() const {
    try {
      open();
    } catch (const host::Error &error) {
      std::string text = error.what();
      const std::string folder = dir.path().string() + "/";
      for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
        text.erase(at, folder.size());
      }
      return text;
    }
    return "no error";
  }

  TempDir dir;
  host::JobConfig job;
  host::RowRules rules;
  std::vector<host::ParameterSpec> painter = painter_specs(), plain;
};

// "1: a fox | 3: a cat": lines and prompts of the good rows.
inline std::string print(const host::Prompts &prompts) {
  std::string text;
  for (std::uint32_t i = 0; i < prompts.size(); ++i) {
    if (prompts.num_generations(i) == 0) continue;
    const host::Row row = prompts.row(i);
    if (!text.empty()) text += " | ";
    text += std::to_string(row.line);
    text += ": ";
    text += row.prompt;
  }
  return text;
}

inline std::string print_bad(const host::Prompts &prompts) {
  std::string text;
  for (const host::BadRow &row : prompts.bad_rows()) {
    if (!text.empty()) text += " | ";
    text += std::to_string(row.line);
    text += ": ";
    text += row.message;
  }
  return text;
}

}  // namespace pictor::test
