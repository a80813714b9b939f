#include "check/load_checks.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "check/live_model.hpp"
#include "check/open_plugin.hpp"
#include "check/process_snapshot.hpp"
#include "check/recording_host.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/library.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace pictor::host::check {

namespace {

// The table as it stands, for the check that is about it.
pictor_plugin raw_table(Context &context) {
  try {
    return known_part(load_library(context), "pictor_plugin");
  } catch (const Error &error) {
    throw Skip{error.what()};
  }
}

void check_model_table(Context &context, const ModelInfo &info, const pictor_model *theirs) {
  try {
    read_model(theirs, info);
  } catch (const ContractFault &fault) {
    context.findings.fail(fmt::format("model '{}': {}", info.id, fault.what()));
  }
}

// Creates each model for its table alone.
void check_model_tables(Context &context) {
  auto *host = new RecordingHost(context.findings);
  const OpenPlugin plugin = open_plugin(context);
  initialise(context, plugin.functions, host->table());
  for (const ModelDescription &model : plugin.models) {
    context.findings.calling(fmt::format("create of model '{}'", model.info.id));
    const pictor_model *made = create_sample(context, plugin, model);
    if (made != nullptr) check_model_table(context, model.info, made);
  }
}

constexpr const char *nobodys_ids[] = {"",
                                       "pictor.nothing/1",
                                       "pictor.selftest/99",
                                       "com.example.unknown/1",
                                       "no slash and no number",
                                       "../../etc/passwd",
                                       "%s%n"};

// A life in small: created, loaded, drawn once, ended.
void live_once(LiveModel &model) {
  require_ends(model.draw({model.small_row()}));
}

// stdout and stderr of this process, in a file of its own.
class CapturedOutput {
 public:
  CapturedOutput() : file_(memfd_create("output", MFD_CLOEXEC)) {
    if (file_ < 0) throw Skip{"this system has no memfd_create"};
    dup2(file_, STDOUT_FILENO);
    dup2(file_, STDERR_FILENO);
  }
  std::string text() const {
    std::fflush(nullptr);
    std::string bytes(200, '\0');
    const auto got = pread(file_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

 private:
  int file_;
};

// Draws behind a host of an unusual size.
void check_host_shape(Context &context, Shape shape) {
  auto *host = new RecordingHost(context.findings, shape);
  const OpenPlugin plugin = open_plugin(context);
  context.findings.calling("init");
  if (plugin.functions.init(plugin.functions.self, host->table(), context.subject.file.c_str(),
                            0) != PICTOR_OK) {
    return context.findings.fail(
        fmt::format("init refuses a host whose table has {} bytes: PICTOR_HAS tells whether a "
                    "field is there",
                    host->table()->struct_size));
  }
  run_models(context, *host, plugin, Ready::loaded, [&](LiveModel &model) {
    const Drawn drawn = model.draw({model.small_row()});
    require_ends(drawn);
    if (drawn.refused()) {
      context.findings.fail(fmt::format("it does not draw for a host whose table has {} bytes: {}",
                                        host->table()->struct_size, drawn.words()));
    }
  });
}

}  // namespace

void load_table(Context &context) {
  std::optional<pictor_plugin> table;
  try {
    table = raw_table(context);
  } catch (const ContractFault &fault) {
    return context.findings.fail(fault.what());
  }
  const std::vector<std::string> missing = missing_functions(*table);
  for (const std::string &each : missing) context.findings.fail(each);
  if (table->min_host_minor > table->abi_minor) {
    context.findings.fail(
        fmt::format("pictor_plugin.min_host_minor is {}, above its own abi_minor {}",
                    table->min_host_minor, table->abi_minor));
  }
  if (table->flags != 0) {
    context.findings.fail(
        fmt::format("pictor_plugin.flags is {}; none has a meaning yet", table->flags));
  }
  if (missing.empty()) check_model_tables(context);
}

void load_extensions(Context &context) {
  const PluginFunctions table = usable_table(context);
  for (const char *id : nobodys_ids) {
    context.findings.calling(fmt::format("get_extension(\"{}\")", id));
    if (table.get_extension(table.self, id) == nullptr) continue;
    context.findings.fail(fmt::format("get_extension(\"{}\") is not NULL", id));
  }
  with_models(context, Ready::created, [&](LiveModel &model) {
    for (const char *id : nobodys_ids) {
      context.findings.calling(fmt::format("the model's get_extension(\"{}\")", id));
      if (model.functions().get_extension(model.self(), id) == nullptr) continue;
      context.findings.fail(fmt::format("the model's get_extension(\"{}\") is not NULL", id));
    }
  });
}

void load_process_state(Context &context) {
  shorten_openmp_waits();  // the loader's own doing
  ProcessSnapshot last = ProcessSnapshot::now();
  const auto compare = [&](std::string_view step) {
    const ProcessSnapshot now = ProcessSnapshot::now();
    for (const std::string &name : last.differences(now)) {
      context.findings.fail(fmt::format("{} changed {}", step, name));
    }
    last = now;
  };
  const OpenPlugin plugin = open_plugin(context);
  compare("loading the library");
  auto *host = new RecordingHost(context.findings);
  initialise(context, plugin.functions, host->table());
  compare("init");
  run_models(context, *host, plugin, Ready::created, [&](LiveModel &model) {
    compare("create");
    if (model.may_draw()) {
      model.load();
      compare("load");
      live_once(model);
      compare("drawing");
      model.unload();
    }
    model.destroy();
    compare("unload or destroy");
  });
}

void load_silent(Context &context) {
  const CapturedOutput output;
  std::optional<Skip> skipped;
  try {
    with_models(context, Ready::loaded, live_once);
  } catch (const Skip &skip) {
    skipped = skip;
  }
  if (const std::string text = output.text(); !text.empty()) {
    context.findings.fail(fmt::format("it wrote to stdout or stderr: {}", text));
  } else if (skipped) {
    throw *skipped;
  }
}

void load_host_end(Context &context) {
  check_host_shape(context, Shape::page_end);
}

void load_host_grown(Context &context) {
  check_host_shape(context, Shape::grown);
}

}  // namespace pictor::host::check
