#include "cli/model_choice.hpp"

#include "base/error.hpp"
#include "base/installation.hpp"
#include "base/nearest_name.hpp"
#include "cli/flag_parameters.hpp"
#include "cli/plugin_argument.hpp"
#include "worker/isolation.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <system_error>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

constexpr const char *bundled_plugin = "diffusion";

ModelChoice of_plugin(const std::string &plugin, const std::string &weights) {
  const InstalledPlugins installed = installed_plugins();
  ModelChoice choice;
  choice.plugin = load_plugin(plugin_reference(plugin), installed.found, installed.folders, {},
                              choose_source({}));
  choice.config.name = choice.plugin->id();
  choice.config.plugin = choice.plugin->id();
  if (!weights.empty()) {
    lay_over(choice.config, choice.plugin->parameters(""), {{"-m", "model", weights}});
  }
  return choice;
}

ModelChoice of_job(const std::string &name, const std::string &job_file) {
  const Config config = load_config(job_file);
  std::vector<std::string> names;
  for (const ModelConfig &model : config.models) names.push_back(model.name);
  const std::string hint = fmt::format("{} has the models {}", job_file, fmt::join(names, ", "));
  if (name.empty() && names.size() != 1) throw Error("-m must choose one of the models", hint);
  for (const ModelConfig &model : config.models) {
    if (!name.empty() && model.name != name) continue;
    const InstalledPlugins installed = installed_plugins(config.plugin_paths);
    return {model,
            load_plugin(model.plugin, installed.found, installed.folders, config.plugin_pins,
                        choose_source(model.isolation)),
            false};
  }
  throw Error(fmt::format("{} has no model '{}'{}", job_file, name, did_you_mean(name, names)),
              hint);
}

ModelChoice of_installation() {
  const fs::path weights = share_folder() / "models/emoji";
  std::error_code failed;
  if (!fs::is_directory(weights, failed)) {
    throw Error("no model is chosen, and the bundled one is not installed",
                "choose with -m PLUGIN or -m PLUGIN:MODEL; `pictor plugins` lists the plugins");
  }
  ModelChoice choice = of_plugin(bundled_plugin, weights.string());
  choice.bundled = true;
  return choice;
}

// Where "PLUGIN:MODEL" is cut; npos: it is a plugin alone. The path of a plugin's file may hold
// colons of its own.
std::size_t end_of_plugin(const std::string &name) {
  const std::size_t colon = name.find(':');
  if (name.find('/') > colon) return colon;
  const std::size_t file_end = name.rfind(".so:");
  return file_end == std::string::npos ? file_end : file_end + 3;
}

}  // namespace

ModelChoice choose_model(const std::string &name, const std::string &job_file) {
  if (!job_file.empty()) return of_job(name, job_file);
  if (name.empty()) return of_installation();
  const std::size_t end = end_of_plugin(name);
  if (end == std::string::npos) return of_plugin(name, "");
  return of_plugin(name.substr(0, end), name.substr(end + 1));
}

}  // namespace pictor::host
