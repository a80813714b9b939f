#include "check/open_plugin.hpp"

#include "base/error.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/library.hpp"
#include "plugin/plugin_error.hpp"
#include "worker/proxy_plugin.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host::check {

const pictor_plugin *load_library(Context &context) {
  context.findings.calling("dlopen and pictor_plugin_v1");
  if (!context.subject.in_worker) return open_library(context.subject.file);
  // Ends with this process: checks look at the plugin when it is over, too.
  static const auto *const proxy =
      new worker::ProxyPlugin(context.subject.file, worker::WorkerOptions{});
  return proxy->table();
}

namespace {

void require_known_parameters(const Subject &subject, const std::vector<ModelDescription> &models) {
  for (const auto &[name, text] : subject.parameters) {
    const bool known = std::any_of(models.begin(), models.end(), [&](const auto &model) {
      return std::any_of(model.parameters.begin(), model.parameters.end(),
                         [&](const ParameterSpec &spec) { return spec.id == name; });
    });
    if (!known) throw Mistake{fmt::format("--param {}: it has no such parameter", name)};
  }
}

}  // namespace

std::vector<std::string> missing_functions(const pictor_plugin &table) {
  std::vector<std::string> missing;
  const auto require = [&](bool there, const char *name) {
    if (!there) missing.push_back(fmt::format("pictor_plugin.{} is NULL", name));
  };
  require(table.init != nullptr, "init");
  require(table.deinit != nullptr, "deinit");
  require(table.model_count != nullptr, "model_count");
  require(table.model_info != nullptr, "model_info");
  require(table.param_count != nullptr, "param_count");
  require(table.param_spec != nullptr, "param_spec");
  require(table.create != nullptr, "create");
  require(table.get_extension != nullptr, "get_extension");
  return missing;
}

PluginFunctions callable_table(Context &context) {
  try {
    const PluginFunctions table = read_functions(load_library(context));
    const std::vector<std::string> missing = missing_functions(table);
    if (!missing.empty()) throw Skip{missing.front()};
    return table;
  } catch (const Error &error) {
    throw Skip{fmt::format("it does not load: {}", error.what())};
  } catch (const ContractFault &fault) {
    throw Skip{fault.what()};
  }
}

PluginFunctions usable_table(Context &context) {
  const PluginFunctions table = callable_table(context);
  try {
    return read_plugin_table(table.self).functions;
  } catch (const ContractFault &fault) {
    throw Skip{fmt::format("its table is broken: {}", fault.what())};
  }
}

OpenPlugin open_plugin(Context &context) {
  OpenPlugin plugin;
  plugin.functions = usable_table(context);
  context.findings.calling("the metadata functions");
  try {
    plugin.models = read_models(plugin.functions);
  } catch (const ContractFault &fault) {
    throw Skip{fmt::format("its metadata is broken: {}", fault.what())};
  }
  require_known_parameters(context.subject, plugin.models);
  const std::string &wanted = context.subject.model;
  if (wanted.empty()) return plugin;
  std::erase_if(plugin.models,
                [&](const ModelDescription &model) { return model.info.id != wanted; });
  if (plugin.models.empty()) throw Mistake{fmt::format("--model: it has no model '{}'", wanted)};
  return plugin;
}

void initialise(Context &context, const PluginFunctions &functions, const pictor_host *host) {
  context.findings.calling("init");
  const pictor_status status =
      functions.init(functions.self, host, context.subject.file.c_str(), 0);
  if (status != PICTOR_OK) throw Skip{fmt::format("init returned {}", status_name(status))};
}

}  // namespace pictor::host::check
