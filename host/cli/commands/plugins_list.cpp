#include "cli/commands/all.hpp"
#include "cli/plugin_argument.hpp"
#include "cli/text_layout.hpp"

#include <fmt/core.h>

namespace pictor::host {
namespace {

Json as_json(const InstalledPlugins &installed) {
  Json document = {
      {"plugins", Json::array()}, {"problems", Json::array()}, {"folders", Json::array()}};
  for (const FoundPlugin &plugin : installed.found) {
    if (plugin.manifest) {
      document["plugins"].push_back({{"id", plugin.manifest->id},
                                     {"version", plugin.manifest->version},
                                     {"abi", abi_text(*plugin.manifest)},
                                     {"label", plugin.manifest->label},
                                     {"path", plugin.path.string()}});
    } else {
      document["problems"].push_back({{"path", plugin.path.string()}, {"problem", plugin.problem}});
    }
  }
  for (const auto &folder : installed.folders) document["folders"].push_back(folder.string());
  return document;
}

std::string as_table(const InstalledPlugins &installed) {
  std::vector<std::vector<std::string>> rows = {{"ID", "VERSION", "ABI", "LABEL", "PATH"}};
  for (const FoundPlugin &plugin : installed.found) {
    if (!plugin.manifest) continue;
    rows.push_back({plugin.manifest->id, plugin.manifest->version, abi_text(*plugin.manifest),
                    plugin.manifest->label, plugin.path.string()});
  }
  return rows.size() > 1 ? table(rows) : std::string();
}

// Reads manifests only: nothing of a plugin runs here.
class PluginsListCommand : public Command {
 public:
  void setup(CLI::App &) override {}

  ExitCode run(Console &console) override {
    const InstalledPlugins installed = installed_plugins();
    switch (console.format()) {
      case Format::json:
        console.document(as_json(installed));
        break;
      case Format::quiet:
        for (const FoundPlugin &plugin : installed.found) {
          if (plugin.manifest) console.line(plugin.manifest->id);
        }
        break;
      case Format::human:
        console.data(as_table(installed));
        console.flush();
        tell_problems(console, installed);
        break;
    }
    return ExitCode::ok;
  }

 private:
  static void tell_problems(Console &console, const InstalledPlugins &installed) {
    bool any = false;
    for (const FoundPlugin &plugin : installed.found) {
      any = any || plugin.manifest;
      if (!plugin.manifest) {
        console.note(fmt::format("not usable: {}: {}", plugin.path.string(), plugin.problem));
      }
    }
    if (any) return;
    console.note("no plugin is installed; these folders were searched for *.pictor.so:");
    for (const auto &folder : installed.folders) console.note("  " + folder.string());
  }
};

}  // namespace

std::unique_ptr<Command> make_plugins_list() {
  return std::make_unique<PluginsListCommand>();
}

}  // namespace pictor::host
