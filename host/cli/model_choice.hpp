#pragma once

#include "config/config.hpp"
#include "plugin/plugin.hpp"

#include <memory>
#include <string>

namespace pictor::host {

// A model to draw with, and the plugin it is of.
struct ModelChoice {
  ModelConfig config;
  std::shared_ptr<const Plugin> plugin;
  bool bundled = false;  // nobody chose: it is the model that comes with pictor
};

// `name`: a plugin's id or file, with ":MODEL" for its load parameter `model`; with a job file, the
// name of one of its models, which may be left out when it has one. Both empty: the bundled model.
// Throws Error for what is not there.
ModelChoice choose_model(const std::string &name, const std::string &job_file);

}  // namespace pictor::host
