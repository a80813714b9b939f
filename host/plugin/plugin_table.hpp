#pragma once

#include "base/parameter.hpp"
#include "plugin/model.hpp"
#include <pictor/abi.h>

#include <string>
#include <vector>

namespace pictor::host {

// The part of a plugin's table that this host knows, zero beyond; its texts are the plugin's.
struct PluginFunctions : pictor_plugin {
  const pictor_plugin *self = nullptr;  // the plugin's own table, which its functions take
};
// Throws ContractFault when there is none or it is not as large as that of 1.0.
PluginFunctions read_functions(const pictor_plugin *table);

// What a plugin's table says, checked and copied.
struct PluginTable {
  PluginFunctions functions;
  std::string id, label, vendor, version, url, sdk;
};

// Throws ContractFault naming field and value. No function of the plugin is called.
PluginTable read_plugin_table(const pictor_plugin *table);

struct ModelDescription {
  ModelInfo info;
  std::vector<ParameterSpec> parameters;
};

// The plugin's models and their parameters, by its metadata functions. Throws ContractFault.
std::vector<ModelDescription> read_models(const PluginFunctions &functions);

// The part of a model's instance that this host knows; `info` tells which functions it must have.
// Throws ContractFault.
pictor_model read_model(const pictor_model *model, const ModelInfo &info);

// Lays what an instance says of itself over what its plugin says of the model. `functions`: its
// own.
void read_capacity(const pictor_model &functions, pictor_model *model, ModelInfo &info);

}  // namespace pictor::host
