#include "plugin/plugin_table.hpp"

#include "plugin/abi_read.hpp"
#include "plugin/manifest.hpp"
#include "plugin/specs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pictor::host {

namespace {

constexpr std::uint32_t max_models = 4096;
constexpr std::uint32_t max_parameters = 1024;

// The function pointer's name stands in the fault.
template <class Function>
void require(Function *function, std::string_view name) {
  if (function == nullptr) throw ContractFault(fmt::format("{} is NULL", name));
}

std::string read_id(const char *text, const std::string &where) {
  std::string id = required_text(text, where);
  if (!is_plugin_id(id)) {
    throw ContractFault(
        fmt::format("{} '{}' is not [a-z0-9._-]+ of at most 64 characters", where, id));
  }
  return id;
}

struct ModelFlag {
  std::uint32_t bit;
  bool ModelInfo::*member;
};
constexpr std::array<ModelFlag, 7> model_flags = {{
    {PICTOR_MODEL_NEEDS_NETWORK, &ModelInfo::needs_network},
    {PICTOR_MODEL_NEEDS_GPU, &ModelInfo::needs_gpu},
    {PICTOR_MODEL_PREFERS_ISOLATION, &ModelInfo::prefers_isolation},
    {PICTOR_MODEL_DETERMINISTIC, &ModelInfo::deterministic},
    {PICTOR_MODEL_BILLED, &ModelInfo::billed},
    {PICTOR_MODEL_IGNORES_SEED, &ModelInfo::ignores_seed},
    {PICTOR_MODEL_PARKS, &ModelInfo::parks},
}};

void read_flags(std::uint32_t flags, ModelInfo &info) {
  for (const ModelFlag &flag : model_flags) info.*flag.member = (flags & flag.bit) != 0;
}

ModelInfo read_info(const PluginFunctions &functions, std::uint32_t index) {
  const std::string where = fmt::format("pictor_model_info {}", index);
  const pictor_model_info theirs = known_part(functions.model_info(functions.self, index), where);
  ModelInfo info;
  info.id = read_id(theirs.id, where + ": id");
  info.label = required_text(theirs.label, where + ": label");
  info.doc = required_text(theirs.doc, where + ": doc");
  info.features = text_list(theirs.features, where + ": features");
  info.sync = (theirs.exec_modes & PICTOR_EXEC_SYNC) != 0;
  info.async = (theirs.exec_modes & PICTOR_EXEC_ASYNC) != 0;
  if (!info.sync && !info.async) {
    throw ContractFault(fmt::format("{} '{}': exec_modes is {}, neither SYNC nor ASYNC", where,
                                    info.id, theirs.exec_modes));
  }
  read_flags(theirs.flags, info);
  info.max_batch = theirs.max_batch;
  info.max_concurrency = theirs.max_concurrency;
  return info;
}

// Every name by which a user may call a parameter belongs to one.
void check_names(const std::vector<ParameterSpec> &specs, const std::string &model) {
  std::vector<std::string> names;
  for (const ParameterSpec &spec : specs) {
    names.push_back(spec.id);
    names.insert(names.end(), spec.aliases.begin(), spec.aliases.end());
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    throw ContractFault(
        fmt::format("model '{}' has two parameters that are called '{}'", model, *twice));
  }
}

std::vector<ParameterSpec> read_parameters(const PluginFunctions &functions,
                                           const std::string &model) {
  const std::uint32_t count = functions.param_count(functions.self, model.c_str());
  if (count > max_parameters) {
    throw ContractFault(
        fmt::format("param_count('{}') is {}, more than {}", model, count, max_parameters));
  }
  std::vector<ParameterSpec> specs;
  for (std::uint32_t i = 0; i < count; ++i) {
    specs.push_back(read_spec(functions.param_spec(functions.self, model.c_str(), i),
                              fmt::format("model '{}', pictor_param_spec {}", model, i)));
  }
  check_names(specs, model);
  return specs;
}

}  // namespace

PluginFunctions read_functions(const pictor_plugin *theirs) {
  return {known_part(theirs, "pictor_plugin"), theirs};
}

PluginTable read_plugin_table(const pictor_plugin *theirs) {
  PluginTable table;
  table.functions = read_functions(theirs);
  const PluginFunctions &functions = table.functions;
  table.id = read_id(functions.id, "pictor_plugin.id");
  if (functions.min_host_minor > functions.abi_minor) {
    throw ContractFault(
        fmt::format("pictor_plugin.min_host_minor is {}, above its own abi_minor {}",
                    functions.min_host_minor, functions.abi_minor));
  }
  table.label = required_text(functions.label, "pictor_plugin.label");
  table.vendor = optional_text(functions.vendor, "pictor_plugin.vendor");
  table.version = required_text(functions.version, "pictor_plugin.version");
  table.url = optional_text(functions.url, "pictor_plugin.url");
  table.sdk = optional_text(functions.sdk, "pictor_plugin.sdk");
  require(functions.init, "pictor_plugin.init");
  require(functions.deinit, "pictor_plugin.deinit");
  require(functions.model_count, "pictor_plugin.model_count");
  require(functions.model_info, "pictor_plugin.model_info");
  require(functions.param_count, "pictor_plugin.param_count");
  require(functions.param_spec, "pictor_plugin.param_spec");
  require(functions.create, "pictor_plugin.create");
  require(functions.get_extension, "pictor_plugin.get_extension");
  return table;
}

std::vector<ModelDescription> read_models(const PluginFunctions &functions) {
  const std::uint32_t count = functions.model_count(functions.self);
  if (count == 0 || count > max_models) {
    throw ContractFault(fmt::format("model_count() is {}, not 1 to {}", count, max_models));
  }
  std::vector<ModelDescription> models;
  for (std::uint32_t i = 0; i < count; ++i) {
    ModelInfo info = read_info(functions, i);
    for (const ModelDescription &other : models) {
      if (other.info.id == info.id) {
        throw ContractFault(fmt::format("pictor_model_info {}: a second model '{}'", i, info.id));
      }
    }
    auto parameters = read_parameters(functions, info.id);
    models.push_back({std::move(info), std::move(parameters)});
  }
  return models;
}

pictor_model read_model(const pictor_model *theirs, const ModelInfo &info) {
  const pictor_model model = known_part(theirs, "pictor_model");
  require(model.load, "pictor_model.load");
  require(model.unload, "pictor_model.unload");
  require(model.model_name, "pictor_model.model_name");
  if (info.sync) require(model.generate, "pictor_model.generate");
  if (info.async) require(model.submit, "pictor_model.submit");
  require(model.get_extension, "pictor_model.get_extension");
  require(model.destroy, "pictor_model.destroy");
  return model;
}

void read_capacity(const pictor_model &functions, pictor_model *model, ModelInfo &info) {
  if (functions.capacity == nullptr) return;
  pictor_capacity capacity{};
  capacity.struct_size = sizeof capacity;
  for (const ModelFlag &flag : model_flags) {
    if (info.*flag.member) capacity.flags |= flag.bit;
  }
  capacity.max_batch = info.max_batch;
  capacity.max_concurrency = info.max_concurrency;
  functions.capacity(model, &capacity);
  const bool may_bill = info.billed;
  read_flags(capacity.flags, info);
  info.billed = info.billed && may_bill;
  info.max_batch = capacity.max_batch;
  info.max_concurrency = capacity.max_concurrency;
  info.wanted_concurrency = capacity.wanted_concurrency;
}

}  // namespace pictor::host
