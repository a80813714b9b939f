#include "base/escape.hpp"
#include "cli/commands/all.hpp"
#include "cli/job_argument.hpp"
#include "cli/parameter_listing.hpp"
#include "cli/plugin_argument.hpp"
#include "plan/job.hpp"
#include "worker/isolation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>
#include <string>
#include <vector>

namespace pictor::host {
namespace {

// One model with its parameters, of a job or of a plugin.
struct Listed {
  std::string name;  // the user's; empty for a plugin's
  std::string plugin, model_id;
  std::vector<ParameterSpec> specs;
  Parameters current;  // empty for a plugin's

  const Parameters *values() const { return name.empty() ? nullptr : &current; }
};

std::vector<Listed> models_of_job(const std::string &file) {
  const Config config = load_config(file);
  const InstalledPlugins installed = installed_plugins(config.plugin_paths);
  std::vector<Listed> models;
  for (const ModelConfig &model : config.models) {
    const auto plugin = load_plugin(model.plugin, installed.found, installed.folders,
                                    config.plugin_pins, choose_source(model.isolation));
    const PreparedModel prepared = prepare_model(model, plugin);
    Listed listed{model.name, plugin->id(), prepared.model_id, prepared.specs, prepared.load};
    listed.current.insert(prepared.request.begin(), prepared.request.end());
    models.push_back(std::move(listed));
  }
  return models;
}

std::vector<Listed> models_of_plugin(const std::string &argument) {
  const InstalledPlugins installed = installed_plugins();
  const auto plugin = load_plugin(plugin_reference(argument), installed.found, installed.folders,
                                  {}, choose_source({}));
  std::vector<Listed> models;
  for (const ModelInfo &model : plugin->models()) {
    models.push_back({"", plugin->id(), model.id, plugin->parameters(model.id), {}});
  }
  return models;
}

bool is_job_file(const std::string &argument) {
  const std::filesystem::path path(argument);
  if (path.extension() == ".yaml" || path.extension() == ".yml") return true;
  std::error_code failed;
  return path.extension() != ".so" && std::filesystem::is_regular_file(path, failed);
}

Json as_json(const std::vector<Listed> &models) {
  Json entries = Json::array();
  for (const Listed &model : models) {
    Json entry = Json::object();
    if (!model.name.empty()) entry["name"] = model.name;
    entry["plugin"] = model.plugin;
    entry["model"] = model.model_id;
    entry["parameters"] = Json::array();
    for (const ParameterSpec &spec : model.specs) {
      entry["parameters"].push_back(parameter_json(spec, model.values()));
    }
    entries.push_back(std::move(entry));
  }
  return {{"models", entries}};
}

void show(Console &console, const Listed &model) {
  const std::string what = fmt::format("plugin {}, model {}", model.plugin, model.model_id);
  console.line(terminal_safe(model.name.empty() ? what : model.name + ": " + what));
  const auto load = list_parameters(model.specs, ParameterScope::load, model.values());
  const auto request = list_parameters(model.specs, ParameterScope::request, model.values());
  if (!load.empty()) console.data("\nof the model, given once\n" + load);
  if (!request.empty())
    console.data("\ngeneration_kwargs, or columns of the prompt file\n" + request);
}

class ParamsCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("JOB or PLUGIN", argument_, "A job file; or a plugin's id or .so file")
        ->required();
  }

  ExitCode run(Console &console) override {
    const bool job = is_job_file(argument_);
    const auto models = job ? models_of_job(argument_) : models_of_plugin(argument_);
    if (console.json()) {
      console.document(as_json(models));
      return ExitCode::ok;
    }
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (console.format() == Format::quiet) {
        for (const ParameterSpec &spec : models[i].specs) console.line(spec.id);
        continue;
      }
      if (i > 0) console.line("");
      show(console, models[i]);
    }
    return ExitCode::ok;
  }

 private:
  std::string argument_;
};

}  // namespace

std::unique_ptr<Command> make_params() {
  return std::make_unique<ParamsCommand>();
}

}  // namespace pictor::host
