#pragma once

#include "check/check.hpp"
#include "plugin/plugin_table.hpp"
#include <pictor/abi.h>

#include <string>
#include <vector>

namespace pictor::host::check {

// Loads the library and calls its entry; null when it exports none of this major. Throws Error with
// the loader's words.
const pictor_plugin *load_library(Context &context);

// Names the functions that a table must have and lacks.
std::vector<std::string> missing_functions(const pictor_plugin &table);

// The table with every function there, for checks that are about what it says: a library that does
// not load, or a table that lacks functions, makes them skip.
PluginFunctions callable_table(Context &context);

// The same with its texts as they must be.
PluginFunctions usable_table(Context &context);

// The table and all it says of its models, for checks that are about something else yet.
struct OpenPlugin {
  PluginFunctions functions{};
  std::vector<ModelDescription> models;  // those to be checked; one at least
};
OpenPlugin open_plugin(Context &context);

// Calls `init`; a plugin that does not start makes the check skip.
void initialise(Context &context, const PluginFunctions &functions, const pictor_host *host);

}  // namespace pictor::host::check
