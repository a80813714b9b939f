#include "worker/isolation.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/needed_libraries.hpp"
#include "plugin/plugin_table.hpp"
#include "plugin/process_state.hpp"
#include "worker/proxy_plugin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pictor::host {

namespace {

worker::WorkerOptions options_of(const IsolationConfig &config) {
  worker::WorkerOptions options;
  if (config.patience) {
    options.patience =
        std::chrono::milliseconds(static_cast<std::int64_t>(*config.patience * 1000));
  }
  if (config.sandbox) {
    options.sandbox.emplace();
    for (const auto &path : config.sandbox->read) {
      options.sandbox->readable.push_back(path.string());
    }
    options.sandbox->network = config.sandbox->network;
    options.sandbox->memory = config.sandbox->memory;
  }
  return options;
}

// Kept for ever, as plugins in this process are: their tables are in use until the process ends.
const pictor_plugin *open_in_worker(const std::filesystem::path &file,
                                    const worker::WorkerOptions &options) {
  static std::mutex mutex;
  static auto *const all = new std::deque<std::unique_ptr<worker::ProxyPlugin>>;
  auto opened = std::make_unique<worker::ProxyPlugin>(file, options);
  const std::lock_guard lock(mutex);
  return all->emplace_back(std::move(opened))->table();
}

// The first library of a plugin in whose place it would get another plugin's here; nothing when
// there is none. What came with pictor itself does not count: a worker is pictor too.
std::optional<LibraryClash> clash_with_plugins(const std::filesystem::path &file) {
  static const Libraries of_pictor = loaded_libraries();
  Libraries of_plugins = loaded_libraries();
  std::erase_if(of_plugins, [](const auto &each) { return of_pictor.contains(each.first); });
  if (of_plugins.empty()) return std::nullopt;
  const std::vector<LibraryClash> clashes = library_clashes(needed_libraries(file), of_plugins);
  return clashes.empty() ? std::nullopt : std::optional(clashes.front());
}

// Whether the plugin must have a process of its own for its libraries' sake, which is told.
bool is_parted_by_libraries(const IsolationConfig &config, const std::filesystem::path &file,
                            const Manifest &manifest) {
  const std::optional<LibraryClash> clash = clash_with_plugins(file);
  if (!clash) return false;
  const bool parted = config.mode == Isolation::automatic;
  log(parted ? LogLevel::info : LogLevel::warning, "plugin " + manifest.id,
      fmt::format("it needs {}, and another plugin brought {}, which is another library of that "
                  "name: it {}",
                  clash->wanted.string(), clash->loaded.string(),
                  parted ? "runs in a worker" : "gets that one; isolation: auto would part them"));
  return parted;
}

// As the manifest wants it, nothing of the plugin having run.
bool is_parted_by_manifest(const Manifest &manifest) {
  return manifest.own_process == OwnProcess::always ||
         (manifest.own_process == OwnProcess::beside_gpu && has_gpu());
}

// As its models want it, for which the plugin is opened here, but not begun. Of a broken table
// whoever reads it next says what is wrong.
bool is_parted_by_models(const std::filesystem::path &file, const Manifest &manifest) {
  const std::string culprit = "plugin " + manifest.id;
  const KeptProcessState kept(culprit);
  const pictor_plugin *table = in_this_process(file, manifest).open(file);
  try {
    const auto models = read_models(read_plugin_table(table).functions);
    return std::any_of(models.begin(), models.end(), [](const ModelDescription &model) {
      return model.info.needs_gpu || model.info.prefers_isolation;
    });
  } catch (const ContractFault &) {
    return false;
  }
}

bool wants_worker(const IsolationConfig &config, const std::filesystem::path &file,
                  const Manifest &manifest) {
  if (config.mode == Isolation::worker || config.sandbox) return true;
  const bool automatic = config.mode == Isolation::automatic;
  return (automatic && is_parted_by_manifest(manifest)) ||
         is_parted_by_libraries(config, file, manifest) ||
         (automatic && is_parted_by_models(file, manifest));
}

}  // namespace

bool has_gpu(const std::filesystem::path &devices) {
  // NVIDIA's, AMD's, and either of them under Windows.
  constexpr std::array drivers = {"nvidiactl", "kfd", "dxg"};
  return std::any_of(drivers.begin(), drivers.end(), [&](const char *driver) {
    std::error_code ignored;
    return std::filesystem::exists(devices / driver, ignored);
  });
}

ChooseSource choose_source(const IsolationConfig &config) {
  return [config](const std::filesystem::path &file, const Manifest &manifest) -> TableSource {
    if (!wants_worker(config, file, manifest)) return in_this_process(file, manifest);
    if (config.sandbox && manifest.needs_network && !config.sandbox->network) {
      throw Error(
          fmt::format("plugin '{}' needs the network, and its sandbox has none", manifest.id),
          "write sandbox: {network: true}, or leave the sandbox out", ExitCode::plugin);
    }
    const worker::WorkerOptions options = options_of(config);
    const std::string shape = options.sandbox ? to_json(*options.sandbox).dump() : "";
    return {
        fmt::format("worker {} {}", options.patience.count(), shape),
        [options](const std::filesystem::path &opened) { return open_in_worker(opened, options); }};
  };
}

}  // namespace pictor::host
