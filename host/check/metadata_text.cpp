#include "check/metadata_text.hpp"

#include "base/json.hpp"
#include "plugin/abi_read.hpp"

#include <fmt/format.h>

namespace pictor::host::check {

namespace {

std::string text_of(const ParameterSpec &spec) {
  std::string text =
      fmt::format("{} {} {} {} {} {} {} {} {} {}", spec.id, static_cast<int>(spec.type),
                  static_cast<int>(spec.scope), spec.label, spec.doc, spec.unit, spec.env,
                  spec.default_value ? spec.default_value->dump() : "none", describe_values(spec),
                  spec.required);
  for (const ParameterChoice &choice : spec.choices) text += ' ' + choice.value;
  for (const std::string &alias : spec.aliases) text += ' ' + alias;
  return text;
}

}  // namespace

std::string metadata_text(const PluginFunctions &functions) {
  std::string text;
  try {
    for (const ModelDescription &model : read_models(functions)) {
      const ModelInfo &info = model.info;
      text += fmt::format("{} {} {} {} {} {} {}\n", info.id, info.label, info.doc, info.sync,
                          info.async, info.max_batch, info.max_concurrency);
      for (const std::string &feature : info.features) text += feature + '\n';
      for (const ParameterSpec &spec : model.parameters) text += text_of(spec) + '\n';
    }
  } catch (const ContractFault &fault) {
    text += fault.what();
  }
  return text;
}

}  // namespace pictor::host::check
