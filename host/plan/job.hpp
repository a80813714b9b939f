#pragma once

#include "config/config.hpp"
#include "plan/prompts.hpp"
#include "plugin/plugin.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pictor::host {

// One model of a job, its plugin loaded and its parameters checked; nothing is opened or paid yet.
struct PreparedModel {
  std::string name;  // the user's
  std::shared_ptr<const Plugin> plugin;
  std::string model_id;  // never empty
  std::vector<ParameterSpec> specs;
  Parameters load;  // complete: defaults, environment, YAML, --param; secrets as variables' names
  Parameters request;                // likewise; a row's columns are laid over it
  std::set<std::string> pinned;      // of request: given with --param, they win over columns
  std::vector<std::string> missing;  // of request: required and without a value, left to the rows
  std::uint32_t concurrency = 0;     // 0: the job does not say
  LimitsConfig limits;
  RetryConfig retry;
  std::string pool;        // models with the same one share an account's limits
  bool stands_in = false;  // no row asks for it: it only draws what others could not
};

// The names of job.models, then of the models that only draw what those could not.
std::vector<std::string> models_with_stand_ins(const Config &config);

// A job of which every model, parameter and row was checked.
struct PreparedJob {
  Config config;  // the models of the job only, the paths of their parameters absolute
  std::vector<PreparedModel> models;  // in the order of job.models, then those that stand in
  Prompts prompts;                    // refers to the specs of `models`
};

// Written parameters -> values (plan/parameters.hpp), each mistake an Error at its place in the
// YAML.
PreparedModel prepare_model(const ModelConfig &model, std::shared_ptr<const Plugin> plugin);

// Loads the plugins of the models the job uses, prepares them, then reads the whole prompt file.
PreparedJob prepare_job(const Config &config, bool strict);

}  // namespace pictor::host
