#include "plugin/plugin.hpp"

#include "base/error.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/host_table.hpp"
#include "plugin/job.hpp"
#include "plugin/library.hpp"
#include "plugin/plugin_table.hpp"
#include "plugin/process_state.hpp"
#include "plugin/trust.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace pictor::host {

namespace fs = std::filesystem;

struct Plugin::Impl {
  fs::path path;
  PluginTable table;
  std::vector<ModelInfo> infos;
  std::map<std::string, std::vector<ParameterSpec>> parameters;
  mutable std::atomic<int> live_models{0};
};

namespace {

[[noreturn]] void refuse_plugin(const fs::path &file, const std::string &why) {
  throw Error(fmt::format("{} {}", file.string(), why), "", ExitCode::plugin);
}

// Nothing of the file has run when this returns.
Manifest check_manifest(const fs::path &file) {
  Manifest manifest = read_manifest(file);
  if (const std::string why = refusal(manifest); !why.empty()) {
    throw Error(fmt::format("{} {}", file.string(), why),
                manifest.abi_major < PICTOR_ABI_MAJOR ? "rebuild the plugin with this release's SDK"
                                                      : "install a newer pictor",
                ExitCode::plugin);
  }
  return manifest;
}

void initialise(const PluginTable &table, const fs::path &file) {
  const ReasonOfCall reason;
  const pictor_status status = table.functions.init(table.functions.self, make_host_table(table.id),
                                                    file.c_str(), reason.handle());
  if (status == PICTOR_OK) return;
  const Failure failure = to_failure(reason.of(status), "load");
  refuse_plugin(file, fmt::format("could not start: {}", failure.message));
}

// All that the table says, checked; `init` has succeeded at the end.
std::unique_ptr<Plugin::Impl> open_table(const pictor_plugin *theirs, const fs::path &path,
                                         const std::string &id_of_manifest) {
  auto impl = std::make_unique<Plugin::Impl>();
  impl->path = path;
  try {
    impl->table = read_plugin_table(theirs);
    if (!id_of_manifest.empty() && impl->table.id != id_of_manifest) {
      refuse_plugin(path, fmt::format("has two ids: '{}' in its manifest, '{}' in pictor_plugin.id",
                                      id_of_manifest, impl->table.id));
    }
    const std::uint32_t wanted = impl->table.functions.min_host_minor;
    if (wanted > PICTOR_ABI_MINOR) {
      refuse_plugin(path,
                    fmt::format("needs a host of plugin ABI {0}.{1} or newer, this one is {0}.{2}",
                                PICTOR_ABI_MAJOR, wanted, PICTOR_ABI_MINOR));
    }
    for (ModelDescription &model : read_models(impl->table.functions)) {
      impl->parameters.emplace(model.info.id, std::move(model.parameters));
      impl->infos.push_back(std::move(model.info));
    }
  } catch (const ContractFault &fault) {
    refuse_plugin(path, fmt::format("breaks the plugin contract: {}", fault.what()));
  }
  initialise(impl->table, path);
  return impl;
}

// In the order in which a bad plugin does the least harm.
std::unique_ptr<Plugin::Impl> open_plugin(const fs::path &file, const Manifest &manifest,
                                          const TableSource &source) {
  const std::string culprit = "plugin " + manifest.id;
  const KeptProcessState kept(culprit);
  return open_table(source.open(file), file, manifest.id);
}

// What became of every file that was loaded; never destroyed, like the libraries themselves.
struct Loaded {
  std::shared_ptr<const Plugin> plugin;
  std::optional<Error> error;
};
using FileIdentity = std::tuple<dev_t, ino_t, std::string>;  // and its TableSource

struct Registry {
  std::mutex mutex;  // also keeps one `init` at a time
  std::map<FileIdentity, Loaded> files;
};

Registry &registry() {
  static auto *const instance = new Registry;
  return *instance;
}

}  // namespace

Plugin::Plugin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Plugin::~Plugin() = default;

TableSource in_this_process(const fs::path &, const Manifest &manifest) {
  if (manifest.own_process == OwnProcess::always) {
    throw Error(fmt::format("plugin '{}' runs in a process of its own only", manifest.id),
                "leave isolation out, or write isolation: worker", ExitCode::plugin);
  }
  return {"in-process", open_library};
}

std::shared_ptr<const Plugin> Plugin::load(const fs::path &file, const ChooseSource &choose) {
  std::error_code failed;
  const fs::path path = fs::canonical(file, failed);
  struct stat status {};
  if (failed || stat(path.c_str(), &status) != 0) {
    throw Error(fmt::format("there is no plugin file {}", file.string()), "", ExitCode::plugin);
  }
  require_unchangeable(path);
  const Manifest manifest = check_manifest(path);
  const std::lock_guard lock(registry().mutex);
  const TableSource source = choose(path, manifest);
  Loaded &loaded = registry().files[{status.st_dev, status.st_ino, source.name}];
  if (!loaded.plugin && !loaded.error) {
    try {
      loaded.plugin = std::make_shared<const Plugin>(open_plugin(path, manifest, source));
    } catch (const Error &error) {
      loaded.error = error;
    }
  }
  if (loaded.error) throw *loaded.error;
  return loaded.plugin;
}

std::shared_ptr<const Plugin> Plugin::from_table(const pictor_plugin *table, const fs::path &path) {
  return std::make_shared<const Plugin>(open_table(table, path, ""));
}

const fs::path &Plugin::path() const {
  return impl_->path;
}
std::string Plugin::id() const {
  return impl_->table.id;
}
std::string Plugin::version() const {
  return impl_->table.version;
}
std::string Plugin::label() const {
  return impl_->table.label;
}
std::string Plugin::vendor() const {
  return impl_->table.vendor;
}
std::string Plugin::url() const {
  return impl_->table.url;
}
const std::vector<ModelInfo> &Plugin::models() const {
  return impl_->infos;
}
const PluginFunctions &Plugin::functions() const {
  return impl_->table.functions;
}
void Plugin::model_made() const {
  ++impl_->live_models;
}
void Plugin::model_gone() const {
  --impl_->live_models;
}
bool Plugin::has_models() const {
  return impl_->live_models != 0;
}

const ModelInfo &Plugin::model(const std::string &model_id) const {
  if (model_id.empty()) return impl_->infos.front();
  const auto found = std::find_if(impl_->infos.begin(), impl_->infos.end(),
                                  [&](const ModelInfo &info) { return info.id == model_id; });
  if (found != impl_->infos.end()) return *found;
  std::string ids;
  for (const ModelInfo &info : impl_->infos) ids += (ids.empty() ? "" : ", ") + info.id;
  throw Error(fmt::format("plugin '{}' has no model '{}'", id(), model_id),
              fmt::format("it has: {}", ids));
}

const std::vector<ParameterSpec> &Plugin::parameters(const std::string &model_id) const {
  return impl_->parameters.at(model(model_id).id);
}

void close_plugins() {
  const std::lock_guard lock(registry().mutex);
  for (auto &[identity, loaded] : registry().files) {
    if (!loaded.plugin || loaded.plugin->has_models()) continue;
    const PluginFunctions &functions = loaded.plugin->functions();
    functions.deinit(functions.self);
    loaded = {nullptr, Error("the plugins were closed", "", ExitCode::internal)};
  }
}

}  // namespace pictor::host
