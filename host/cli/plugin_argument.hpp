#pragma once

#include "plugin/plugin.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pictor::host {

// The plugins that a command can name, and where they were looked for.
struct InstalledPlugins {
  std::vector<std::filesystem::path> folders;
  std::vector<FoundPlugin> found;
};

// `first`: folders that come before those of the environment and the installation.
InstalledPlugins installed_plugins(const std::vector<std::filesystem::path> &first = {});

// A PLUGIN argument as load_plugin() takes it: the path of a file that is meant becomes absolute,
// an id stays. A file is meant by a '/' or by the name of a .so that is there.
std::string plugin_reference(const std::string &argument);

// The file of a PLUGIN argument, which need not be a plugin. Throws Error for an id that is not
// installed and for a file that is not there.
std::filesystem::path plugin_file(const std::string &argument);

// "1.0"
std::string abi_text(const Manifest &manifest);

}  // namespace pictor::host
