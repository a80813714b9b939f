#include "plan/job.hpp"

#include "base/error.hpp"
#include "plan/matrix.hpp"
#include "plan/parameters.hpp"

#include <fmt/format.h>

#include <utility>

namespace pictor::host {
namespace {

// Requests at once to a model that takes any number: enough to keep a remote service busy, few
// enough for the smallest accounts.
constexpr std::uint32_t usual_concurrency = 4;

std::uint32_t concurrency_of(const ModelConfig &config, const ModelInfo &info) {
  if (!config.concurrency) {
    return info.max_concurrency == 0 ? usual_concurrency : info.max_concurrency;
  }
  if (info.max_concurrency != 0 && *config.concurrency > info.max_concurrency) {
    throw Error(point_at(config.place,
                         fmt::format("{} takes at most {} requests at once; limits.concurrency "
                                     "is {}",
                                     config.name, info.max_concurrency, *config.concurrency)));
  }
  return *config.concurrency;
}

RowRules rules_for(const std::vector<PreparedModel> &models, bool strict) {
  RowRules rules;
  rules.strict = strict;
  for (const PreparedModel &model : models) {
    rules.models.emplace_back(model.name, &model.specs);
    rules.missing.push_back(model.missing);
    rules.pinned.push_back(model.pinned);
  }
  return rules;
}

}  // namespace

PreparedModel prepare_model(const ModelConfig &config, std::shared_ptr<const Plugin> plugin) {
  const ModelInfo &info = plugin->model(config.model_id);
  PreparedModel model;
  model.name = config.name;
  model.model_id = info.id;
  model.specs = plugin->parameters(info.id);
  model.load = settle_parameters(model.specs, ParameterScope::load, config).values;
  SettledParameters request = settle_parameters(model.specs, ParameterScope::request, config);
  model.request = std::move(request.values);
  model.pinned = std::move(request.pinned);
  model.missing = std::move(request.missing);
  model.concurrency = concurrency_of(config, info);
  model.plugin = std::move(plugin);
  return model;
}

PreparedJob prepare_job(const Config &config, bool strict) {
  const std::vector<std::filesystem::path> folders = plugin_folders(config.plugin_paths);
  const std::vector<FoundPlugin> found = discover_plugins(folders);
  std::vector<PreparedModel> models;
  Config resolved = config;
  resolved.models.clear();
  for (const std::string &name : config.job.models) {
    const ModelConfig &written = config.model(name);
    models.push_back(prepare_model(written, load_plugin(written.plugin, found, folders)));
    resolved.models.push_back(
        with_absolute_paths(written, models.back().specs, models.back().load));
  }
  // The prompts keep pointers to the specs, which a moved vector leaves where they are.
  const RowRules rules = rules_for(models, strict);
  Prompts prompts = Prompts::open(config.job, rules);
  resolved.job.matrix = with_absolute_paths(config.job.matrix, rules);
  return {std::move(resolved), std::move(models), std::move(prompts)};
}

}  // namespace pictor::host
