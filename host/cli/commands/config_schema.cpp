#include "base/error.hpp"
#include "cli/commands/all.hpp"
#include "cli/plugin_argument.hpp"
#include "config/schema.hpp"
#include "worker/isolation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace pictor::host {
namespace {

void add_models(std::vector<SchemaModel> &models, const Plugin &plugin) {
  bool is_first = true;
  for (const ModelInfo &model : plugin.models()) {
    models.push_back({plugin.id(), model.id, is_first, model.label, plugin.parameters(model.id)});
    is_first = false;
  }
}

class ConfigSchemaCommand : public Command {
 public:
  void setup(CLI::App &) override {}

  // A plugin that cannot be loaded is left out: the rest of the schema is right without it.
  ExitCode run(Console &console) override {
    std::vector<SchemaModel> models;
    for (const FoundPlugin &found : installed_plugins().found) {
      if (!found.manifest) continue;
      try {
        add_models(models, *Plugin::load(found.path, choose_source({})));
      } catch (const Error &error) {
        console.note(fmt::format("left out: {}", error.what()));
      }
    }
    console.document(config_schema(models));
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Command> make_config_schema() {
  return std::make_unique<ConfigSchemaCommand>();
}

}  // namespace pictor::host
