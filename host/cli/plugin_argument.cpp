#include "cli/plugin_argument.hpp"

#include "base/error.hpp"
#include "worker/isolation.hpp"

#include <fmt/core.h>

#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

InstalledPlugins installed_plugins(const std::vector<fs::path> &first) {
  InstalledPlugins installed;
  installed.folders = plugin_folders(first);
  installed.found = discover_plugins(installed.folders);
  return installed;
}

std::string plugin_reference(const std::string &argument) {
  std::error_code failed;
  const bool is_file = argument.find('/') != std::string::npos ||
                       (argument.ends_with(".so") && fs::is_regular_file(argument, failed));
  return is_file ? fs::absolute(argument).string() : argument;
}

fs::path plugin_file(const std::string &argument) {
  const fs::path reference = plugin_reference(argument);
  std::error_code failed;
  if (reference.is_absolute()) {
    const fs::path file = fs::canonical(reference, failed);
    if (!failed) return file;
    throw Error(fmt::format("there is no plugin file {}", reference.string()), "",
                ExitCode::plugin);
  }
  const InstalledPlugins installed = installed_plugins();
  for (const FoundPlugin &plugin : installed.found) {
    if (plugin.manifest && plugin.manifest->id == argument) return plugin.path;
  }
  return load_plugin(argument, installed.found, installed.folders, {}, choose_source({}))->path();
}

std::string abi_text(const Manifest &manifest) {
  return fmt::format("{}.{}", manifest.abi_major, manifest.abi_minor);
}

}  // namespace pictor::host
