#include "worker/isolation.hpp"

#include "base/error.hpp"
#include "worker/proxy_plugin.hpp"

#include <fmt/format.h>

#include <deque>
#include <memory>
#include <mutex>

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

}  // namespace

ChooseSource choose_source(const IsolationConfig &config) {
  return [config](const Manifest &manifest) -> TableSource {
    const bool wanted = config.mode == Isolation::worker || config.sandbox.has_value() ||
                        (config.mode == Isolation::automatic && manifest.wants_worker);
    if (!wanted) return in_this_process(manifest);
    if (config.sandbox && manifest.needs_network && !config.sandbox->network) {
      throw Error(
          fmt::format("plugin '{}' needs the network, and its sandbox has none", manifest.id),
          "write sandbox: {network: true}, or leave the sandbox out", ExitCode::plugin);
    }
    const worker::WorkerOptions options = options_of(config);
    const std::string shape = options.sandbox ? to_json(*options.sandbox).dump() : "";
    return {fmt::format("worker {} {}", options.patience.count(), shape),
            [options](const std::filesystem::path &file) { return open_in_worker(file, options); }};
  };
}

}  // namespace pictor::host
