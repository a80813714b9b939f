#include "check/metadata_checks.hpp"

#include "check/live_model.hpp"
#include "check/metadata_text.hpp"
#include "check/open_plugin.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/manifest.hpp"
#include "plugin/specs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>

namespace pictor::host::check {

namespace {

constexpr std::uint32_t most_models = 4096, most_parameters = 1024;
constexpr std::size_t shortest_doc = 10;
constexpr std::size_t reading_threads = 8;

// Runs one reading; what it throws is a finding.
template <class Read>
void reading(Context &context, Read read) {
  try {
    read();
  } catch (const ContractFault &fault) {
    context.findings.fail(fault.what());
  }
}

void check_id(Context &context, const char *id, const std::string &where) {
  reading(context, [&] {
    const std::string text = required_text(id, where);
    if (is_plugin_id(text)) return;
    throw ContractFault(
        fmt::format("{} '{}' is not [a-z0-9._-]+ of at most 64 characters", where, text));
  });
}

// A plugin's model declarations, as far as they can be read at all.
std::vector<pictor_model_info> raw_infos(Context &context, const PluginFunctions &table) {
  const std::uint32_t count = table.model_count(table.self);
  if (count == 0 || count > most_models) {
    context.findings.fail(fmt::format("model_count() is {}, not 1 to {}", count, most_models));
  }
  std::vector<pictor_model_info> infos;
  for (std::uint32_t i = 0; i < std::min(count, most_models); ++i) {
    reading(context, [&] {
      infos.push_back(
          known_part(table.model_info(table.self, i), fmt::format("pictor_model_info {}", i)));
    });
  }
  return infos;
}

void check_model_texts(Context &context, const pictor_model_info &info, std::size_t index) {
  const std::string where = fmt::format("pictor_model_info {}: ", index);
  check_id(context, info.id, where + "id");
  reading(context, [&] { required_text(info.label, where + "label"); });
  reading(context, [&] { required_text(info.doc, where + "doc"); });
  reading(context, [&] {
    std::set<std::string> seen;
    for (const std::string &feature : text_list(info.features, where + "features")) {
      if (seen.insert(feature).second) continue;
      throw ContractFault(fmt::format("{}the feature '{}' comes twice", where, feature));
    }
  });
  if ((info.exec_modes & (PICTOR_EXEC_SYNC | PICTOR_EXEC_ASYNC)) == 0) {
    context.findings.fail(
        fmt::format("{}exec_modes is {}, neither SYNC nor ASYNC", where, info.exec_modes));
  }
}

// One declaration; its names go to `names`.
void check_spec(Context &context, const pictor_param_spec *theirs, const std::string &where,
                std::set<std::string> &names) {
  reading(context, [&] {
    const ParameterSpec spec = read_spec(theirs, where);
    std::vector<std::string> own = spec.aliases;
    own.push_back(spec.id);
    for (const std::string &name : own) {
      if (names.insert(name).second) continue;
      context.findings.fail(fmt::format("{}: a second parameter is called '{}'", where, name));
    }
    if (spec.doc.size() < shortest_doc) {
      context.findings.fail(
          fmt::format("{} '{}': doc is '{}', which explains nothing", where, spec.id, spec.doc));
    }
  });
}

// What an id that the plugin does not have answers.
void check_unknown_model(Context &context, const PluginFunctions &table, const std::string &id) {
  if (table.param_spec(table.self, id.c_str(), 0) != nullptr) {
    context.findings.fail(
        fmt::format("param_spec(\"{}\", 0) is not NULL, and there is no such "
                    "model",
                    id));
  }
  auto *host = new RecordingHost(context.findings);
  initialise(context, table, host->table());
  constexpr pictor_error_sink sink = 1;
  context.findings.calling(fmt::format("create(\"{}\")", id));
  if (table.create(table.self, id.c_str(), nullptr, 0, sink) != nullptr) {
    context.findings.fail(
        fmt::format("create(\"{}\") makes a model, and there is no such one", id));
  } else if (host->reason_of(sink).message.empty()) {
    context.findings.warn(fmt::format("create(\"{}\") fails without set_error", id));
  }
}

}  // namespace

void metadata_texts(Context &context) {
  const PluginFunctions table = callable_table(context);
  check_id(context, table.id, "pictor_plugin.id");
  reading(context, [&] { required_text(table.label, "pictor_plugin.label"); });
  reading(context, [&] { required_text(table.version, "pictor_plugin.version"); });
  reading(context, [&] { optional_text(table.vendor, "pictor_plugin.vendor"); });
  reading(context, [&] { optional_text(table.url, "pictor_plugin.url"); });
  reading(context, [&] { optional_text(table.sdk, "pictor_plugin.sdk"); });
  context.findings.calling("model_count and model_info");
  std::set<std::string> ids;
  const std::vector<pictor_model_info> infos = raw_infos(context, table);
  for (std::size_t i = 0; i < infos.size(); ++i) {
    check_model_texts(context, infos[i], i);
    if (infos[i].id != nullptr && !ids.insert(infos[i].id).second) {
      context.findings.fail(fmt::format("two models are called '{}'", infos[i].id));
    }
  }
}

void metadata_edges(Context &context) {
  const OpenPlugin plugin = open_plugin(context);
  const PluginFunctions &table = plugin.functions;
  const std::uint32_t count = table.model_count(table.self);
  for (const std::uint32_t index : {count, count + 1, UINT32_MAX}) {
    context.findings.calling(fmt::format("model_info({})", index));
    if (table.model_info(table.self, index) == nullptr) continue;
    context.findings.fail(
        fmt::format("model_info({}) is not NULL, and there are {} models", index, count));
  }
  for (const ModelDescription &model : plugin.models) {
    const char *id = model.info.id.c_str();
    const std::uint32_t parameters = table.param_count(table.self, id);
    for (const std::uint32_t index : {parameters, parameters + 1, UINT32_MAX}) {
      context.findings.calling(fmt::format("param_spec(\"{}\", {})", id, index));
      if (table.param_spec(table.self, id, index) == nullptr) continue;
      context.findings.fail(fmt::format("param_spec(\"{}\", {}) is not NULL, and there are {}", id,
                                        index, parameters));
    }
  }
  check_unknown_model(context, table, plugin.models.front().info.id + "x1");
}

void metadata_stable(Context &context) {
  const OpenPlugin plugin = open_plugin(context);
  const std::string first = metadata_text(plugin.functions);
  const auto compare = [&](std::string_view when) {
    if (metadata_text(plugin.functions) == first) return;
    context.findings.fail(fmt::format("the metadata is another {} than before init", when));
  };
  context.findings.calling("the metadata functions, from eight threads at once");
  std::array<std::string, reading_threads> read;
  {
    std::vector<std::thread> threads;
    threads.reserve(read.size());
    for (std::string &text : read) {
      threads.emplace_back([&] { text = metadata_text(plugin.functions); });
    }
    for (std::thread &thread : threads) thread.join();
  }
  if (std::any_of(read.begin(), read.end(), [&](const auto &text) { return text != first; })) {
    context.findings.fail("the metadata is another when several threads read it at once");
  }
  auto *host = new RecordingHost(context.findings);
  initialise(context, plugin.functions, host->table());
  compare("after init");
  try {
    run_models(context, *host, plugin, Ready::loaded, [&](LiveModel &) { compare("after load"); });
  } catch (const Skip &) {
    return;  // what was compared up to here counts
  }
}

void metadata_specs(Context &context) {
  const PluginFunctions table = callable_table(context);
  for (std::uint32_t i = 0; i < std::min(table.model_count(table.self), most_models); ++i) {
    const pictor_model_info *info = table.model_info(table.self, i);
    if (info == nullptr || info->id == nullptr) throw Skip{"a model has no id"};
    const std::uint32_t count = table.param_count(table.self, info->id);
    if (count > most_parameters) {
      context.findings.fail(
          fmt::format("param_count(\"{}\") is {}, more than {}", info->id, count, most_parameters));
      continue;
    }
    std::set<std::string> names;
    for (std::uint32_t k = 0; k < count; ++k) {
      const std::string where = fmt::format("model '{}', pictor_param_spec {}", info->id, k);
      context.findings.calling(fmt::format("param_spec(\"{}\", {})", info->id, k));
      check_spec(context, table.param_spec(table.self, info->id, k), where, names);
    }
  }
}

}  // namespace pictor::host::check
