#pragma once

#include "config/config.hpp"
#include "plugin/plugin.hpp"

#include <filesystem>

namespace pictor::host {

// Where a plugin runs, as a model's configuration and the plugin want it: `auto` is a worker for a
// plugin whose manifest asks for one, always or where there is a GPU; that has a sandbox; that
// needs another library of a name that a plugin brought here before it; of which a model says that
// it needs a GPU or prefers isolation. It is pictor's own process for others. The processes end
// with close_plugins().
ChooseSource choose_source(const IsolationConfig &config);

// Whether the driver of a GPU that computes is there; `devices` is the folder of device files.
bool has_gpu(const std::filesystem::path &devices = "/dev");

}  // namespace pictor::host
