#pragma once

#include "config/config.hpp"
#include "plan/prompts.hpp"
#include "plugin/plugin.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pictor::host {

// One model of a job, its plugin loaded and its parameters checked; nothing is opened or paid yet.
struct PreparedModel {
  std::string name;  // the user's
  std::shared_ptr<const Plugin> plugin;
  std::string model_id;
  std::vector<ParameterSpec> specs;
  Parameters load;     // complete: defaults, environment, YAML, --param
  Parameters request;  // likewise; a row's columns are laid over it
  std::uint32_t concurrency = 1;
};

// A job of which every model, parameter and row was checked.
struct PreparedJob {
  Config config;
  std::vector<PreparedModel> models;  // in the order of job.models
  Prompts prompts;
};

// The value a secret or ${NAME} stands for comes from the environment; a name that is not set is an
// error with a place. Written parameters -> values: unknown names (with the nearest one), types,
// bounds, choices, required ones, each error at its place in the YAML. Relative paths become
// absolute against the file they stand in.
PreparedModel prepare_model(const Config &config, const ModelConfig &model,
                            std::shared_ptr<const Plugin> plugin);

// Loads the plugins of the models the job uses, prepares them, then reads the whole prompt file.
PreparedJob prepare_job(const Config &config, bool strict);

}  // namespace pictor::host
