#pragma once

#include "config/config.hpp"
#include "plugin/plugin.hpp"

namespace pictor::host {

// Where a plugin runs, as a model's configuration and the plugin's manifest want it: `auto` is a
// worker for a plugin that asks for one, has a sandbox, or needs another library of a name that a
// plugin brought here before it, and pictor's own process for others. The processes end with
// close_plugins().
ChooseSource choose_source(const IsolationConfig &config);

}  // namespace pictor::host
