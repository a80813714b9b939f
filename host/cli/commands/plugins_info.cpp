#include "base/escape.hpp"
#include "cli/commands/all.hpp"
#include "cli/parameter_listing.hpp"
#include "cli/plugin_argument.hpp"
#include "cli/plugin_facts.hpp"
#include "cli/text_layout.hpp"
#include "worker/isolation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace pictor::host {
namespace {

// "draws one picture at a time; needs a GPU; each request is billed"
std::string traits(const ModelInfo &model) {
  std::vector<std::string> words;
  words.push_back(model.async ? "asynchronous" : "synchronous");
  words.push_back(model.max_concurrency == 0 ? "any number of requests at once"
                                             : fmt::format("{} at once", model.max_concurrency));
  words.push_back(model.max_batch == 0 ? "batches of any size"
                                       : fmt::format("batches of {}", model.max_batch));
  if (model.needs_network) words.emplace_back("needs the network");
  if (model.needs_gpu) words.emplace_back("needs a GPU");
  if (model.billed) words.emplace_back("requests are billed");
  if (model.deterministic) words.emplace_back("the same seed draws the same picture");
  if (model.ignores_seed) words.emplace_back("ignores the seed");
  if (model.prefers_isolation) words.emplace_back("prefers a process of its own");
  return fmt::format("{}", fmt::join(words, "; "));
}

Json model_json(const Plugin &plugin, const ModelInfo &model) {
  Json entry = {{"id", model.id},
                {"label", model.label},
                {"doc", model.doc},
                {"features", model.features},
                {"sync", model.sync},
                {"async", model.async},
                {"max_batch", model.max_batch},
                {"max_concurrency", model.max_concurrency},
                {"needs_network", model.needs_network},
                {"needs_gpu", model.needs_gpu},
                {"billed", model.billed},
                {"deterministic", model.deterministic},
                {"ignores_seed", model.ignores_seed},
                {"prefers_isolation", model.prefers_isolation},
                {"parameters", Json::array()}};
  for (const ParameterSpec &spec : plugin.parameters(model.id)) {
    entry["parameters"].push_back(parameter_json(spec, nullptr));
  }
  return entry;
}

Json models_json(const Plugin &plugin) {
  Json models = Json::array();
  for (const ModelInfo &model : plugin.models()) models.push_back(model_json(plugin, model));
  return models;
}

void show_model(Console &console, const Plugin &plugin, const ModelInfo &model) {
  console.line("");
  console.line(terminal_safe(fmt::format("model {}: {}", model.id, model.label)));
  console.data(paragraph(model.doc, 2));
  console.data(paragraph(traits(model), 2));
  if (!model.features.empty()) {
    console.data(paragraph(fmt::format("features: {}", fmt::join(model.features, ", ")), 2));
  }
  const auto &specs = plugin.parameters(model.id);
  if (const auto text = list_parameters(specs, ParameterScope::load, nullptr); !text.empty()) {
    console.data("\nparameters of the model\n" + text);
  }
  if (const auto text = list_parameters(specs, ParameterScope::request, nullptr); !text.empty()) {
    console.data("\ngeneration_kwargs\n" + text);
  }
}

class PluginsInfoCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("PLUGIN", plugin_, "An installed plugin's id, or a .so file")->required();
    app.add_flag("--models", models_, "Load it too, and show its models and their parameters");
    app.add_flag("--json", json_, "For programs, as --format json");
  }

  // What the file tells is shown before anything of the plugin runs.
  ExitCode run(Console &console) override {
    const PluginFacts facts = read_facts(plugin_file(plugin_));
    const bool json = json_ || console.json();
    if (!json) {
      console.data(facts_text(facts));
      console.flush();
    }
    Json document = facts_json(facts);
    if (models_) {
      const auto plugin = Plugin::load(facts.file, choose_source({}));
      document["vendor"] = plugin->vendor();
      document["url"] = plugin->url();
      document["models"] = models_json(*plugin);
      if (!json) show_plugin(console, *plugin);
    }
    if (json) console.document(document);
    if (facts.problem.empty()) return ExitCode::ok;
    console.note("not usable: " + facts.problem);
    return ExitCode::plugin;
  }

 private:
  static void show_plugin(Console &console, const Plugin &plugin) {
    if (!plugin.vendor().empty()) console.line(terminal_safe("  vendor    " + plugin.vendor()));
    if (!plugin.url().empty()) console.line(terminal_safe("  url       " + plugin.url()));
    for (const ModelInfo &model : plugin.models()) show_model(console, plugin, model);
  }

  std::string plugin_;
  bool models_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_plugins_info() {
  return std::make_unique<PluginsInfoCommand>();
}

}  // namespace pictor::host
