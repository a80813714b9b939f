#include "plan/job.hpp"

#include "base/error.hpp"
#include "plan/limit_pool.hpp"
#include "plan/matrix.hpp"
#include "plan/name_fields.hpp"
#include "plan/objections.hpp"
#include "plan/parameters.hpp"
#include "worker/isolation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pictor::host {
namespace {

// 0: the job does not say.
std::uint32_t concurrency_of(const ModelConfig &config, const ModelInfo &info) {
  if (!config.limits.concurrency) return 0;
  if (info.max_concurrency != 0 && *config.limits.concurrency > info.max_concurrency) {
    throw Error(point_at(
        config.place, fmt::format("{} takes at most {} requests at once; limits.concurrency "
                                  "is {}",
                                  config.name, info.max_concurrency, *config.limits.concurrency)));
  }
  return *config.limits.concurrency;
}

void add_fallbacks(const Config &config, const std::string &model,
                   std::vector<std::string> &names) {
  for (const Outcome outcome : policy_outcomes) {
    const Reaction &reaction = config.model(model).retry.on(outcome);
    if (reaction.action != RetryAction::fallback) continue;
    if (std::find(names.begin(), names.end(), reaction.fallback) != names.end()) continue;
    names.push_back(reaction.fallback);
    add_fallbacks(config, reaction.fallback, names);
  }
}

std::vector<std::uint32_t> stand_ins_of(const Config &config, const std::string &model,
                                        const std::vector<PreparedModel> &models) {
  std::vector<std::string> names;
  add_fallbacks(config, model, names);
  std::vector<std::uint32_t> positions;
  for (std::uint32_t position = 0; position < models.size(); ++position) {
    const bool one = std::find(names.begin(), names.end(), models[position].name) != names.end();
    if (one) positions.push_back(position);
  }
  return positions;
}

RowRules rules_for(const Config &config, const std::vector<PreparedModel> &models, bool strict) {
  RowRules rules;
  rules.strict = strict;
  rules.nameable = static_cast<std::uint32_t>(config.job.models.size());
  for (const PreparedModel &model : models) {
    rules.stand_ins.push_back(stand_ins_of(config, model.name, models));
  }
  for (const PreparedModel &model : models) {
    rules.models.emplace_back(model.name, &model.specs);
    rules.missing.push_back(model.missing);
    rules.pinned.push_back(model.pinned);
    rules.objections.push_back(objection_of(model, config.job.num_generations));
  }
  return rules;
}

// A pin of a mistyped id would protect nothing.
void require_known_pins(const PluginPins &pins, const std::vector<FoundPlugin> &found,
                        const std::vector<PreparedModel> &models) {
  for (const auto &[id, hash] : pins) {
    const auto is_found = [&](const FoundPlugin &one) {
      return one.manifest && one.manifest->id == id;
    };
    const auto is_used = [&](const PreparedModel &model) { return model.plugin->id() == id; };
    if (std::any_of(found.begin(), found.end(), is_found)) continue;
    if (std::any_of(models.begin(), models.end(), is_used)) continue;
    throw Error(fmt::format("plugins.sha256.{}: there is no plugin '{}'", id, id),
                "`pictor plugins` lists the ids");
  }
}

}  // namespace

std::vector<std::string> models_with_stand_ins(const Config &config) {
  std::vector<std::string> names = config.job.models;
  for (const std::string &model : config.job.models) add_fallbacks(config, model, names);
  return names;
}

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
  model.limits = config.limits;
  model.retry = config.retry;
  model.pool = pool_key(plugin->id(), config.name, model.specs, model.load);
  model.plugin = std::move(plugin);
  return model;
}

PreparedJob prepare_job(const Config &config, bool strict) {
  const std::vector<std::filesystem::path> folders = plugin_folders(config.plugin_paths);
  const std::vector<FoundPlugin> found = discover_plugins(folders);
  std::vector<PreparedModel> models;
  Config resolved = config;
  resolved.models.clear();
  for (const std::string &name : models_with_stand_ins(config)) {
    const ModelConfig &written = config.model(name);
    models.push_back(
        prepare_model(written, load_plugin(written.plugin, found, folders, config.plugin_pins,
                                           choose_source(written.isolation))));
    resolved.models.push_back(
        with_absolute_paths(written, models.back().specs, models.back().load));
    models.back().stands_in = models.size() > config.job.models.size();
  }
  require_known_pins(config.plugin_pins, found, models);
  // The prompts keep pointers to the specs, which a moved vector leaves where they are.
  const RowRules rules = rules_for(config, models, strict);
  Prompts prompts = Prompts::open(config.job, rules);
  resolved.job.matrix = with_absolute_paths(config.job.matrix, rules);
  PreparedJob job{std::move(resolved), std::move(models), std::move(prompts)};
  check_name_fields(job);
  return job;
}

}  // namespace pictor::host
