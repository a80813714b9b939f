#include "worker/proxy_plugin.hpp"

#include "base/error.hpp"
#include "base/foreign_json.hpp"
#include "base/log.hpp"
#include "plugin/abi_read.hpp"
#include "worker/function_names.hpp"
#include "worker/proxy_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <thread>
#include <utility>

namespace pictor::host::worker {

namespace {

using std::chrono::milliseconds;

constexpr int most_deaths = 3;
constexpr std::chrono::seconds last_grace{5};  // for its farewell

ProxyPlugin &of(const pictor_plugin *plugin) {
  return *static_cast<ProxyPlugin *>(plugin->plugin_data);
}

pictor_log_level lowest_log_level() {
  if (log_enabled(LogLevel::debug)) return PICTOR_LOG_DEBUG;
  return log_enabled(LogLevel::info) ? PICTOR_LOG_INFO : PICTOR_LOG_WARNING;
}

// The absolute paths among the texts of a JSON value.
void add_paths(const Json &value, std::vector<std::string> &paths) {
  if (value.is_string() && value.get_ref<const std::string &>().starts_with('/')) {
    paths.push_back(value.get<std::string>());
  }
  if (value.is_structured()) {
    for (const Json &each : value) add_paths(each, paths);
  }
}

}  // namespace

struct ProxyPlugin::Functions {
  static pictor_status init(const pictor_plugin *plugin, const pictor_host *host, const char *,
                            pictor_error_sink sink) noexcept {
    try {
      ProxyPlugin &self = of(plugin);
      const std::lock_guard lock(self.life_);
      self.host_ = host;
      const auto process = self.process();
      if (process && process->is_alive()) {
        return self.initialise(*process, sink) ? PICTOR_OK : PICTOR_UNAVAILABLE;
      }
      return self.ready(sink) ? PICTOR_OK : PICTOR_UNAVAILABLE;
    } catch (const std::exception &) {
      return PICTOR_INTERNAL;
    }
  }

  static void deinit(const pictor_plugin *plugin) noexcept {
    try {
      ProxyPlugin &self = of(plugin);
      const std::lock_guard lock(self.life_);
      if (const auto process = self.process()) {
        process->call({{"call", "deinit"}}, last_grace);
      }
      self.let_go();
      self.host_ = nullptr;
    } catch (const std::exception &) {
      return;  // the process ends all the same
    }
  }

  static std::uint32_t model_count(const pictor_plugin *plugin) noexcept {
    return of(plugin).model_count_;
  }

  static const pictor_model_info *model_info(const pictor_plugin *plugin,
                                             std::uint32_t index) noexcept {
    const auto &infos = of(plugin).infos_;
    return index < infos.size() ? infos[index] : nullptr;
  }

  static std::uint32_t param_count(const pictor_plugin *plugin, const char *model_id) noexcept {
    const auto &counts = of(plugin).spec_counts_;
    const auto found = counts.find(std::string_view(model_id));
    return found == counts.end() ? 0 : found->second;
  }

  static const pictor_param_spec *param_spec(const pictor_plugin *plugin, const char *model_id,
                                             std::uint32_t index) noexcept {
    const auto &specs = of(plugin).specs_;
    const auto found = specs.find(std::string_view(model_id));
    return found != specs.end() && index < found->second.size() ? found->second[index] : nullptr;
  }

  static pictor_model *create(const pictor_plugin *plugin, const char *model_id,
                              const pictor_kv *const *config, std::uint64_t count,
                              pictor_error_sink sink) noexcept {
    try {
      return ProxyModel::create(of(plugin), model_id, config, count, sink);
    } catch (const std::exception &) {
      return nullptr;
    }
  }

  static const void *get_extension(const pictor_plugin *, const char *) noexcept { return nullptr; }

  static pictor_plugin all() {
    pictor_plugin table{};
    table.init = init;
    table.deinit = deinit;
    table.model_count = model_count;
    table.model_info = model_info;
    table.param_count = param_count;
    table.param_spec = param_spec;
    table.create = create;
    table.get_extension = get_extension;
    return table;
  }
};

ProxyPlugin::ProxyPlugin(std::filesystem::path file, WorkerOptions options)
    : file_(std::move(file)), options_(std::move(options)) {
  if (options_.sandbox) options_.sandbox->readable.push_back(file_.parent_path().string());
  try {
    read_metadata(open_process());
  } catch (const Json::exception &) {
    let_go();
    throw Error(fmt::format("the process of {} does not speak as a worker does", file_.string()),
                "", ExitCode::plugin);
  } catch (...) {
    let_go();
    throw;
  }
}

ProxyPlugin::~ProxyPlugin() {
  let_go();
}

Json ProxyPlugin::open_process() {
  WorkerOwner &owner = *this;
  const auto process = std::make_shared<WorkerProcess>(
      owner, fmt::format("plugin {}", file_.filename().string()), options_.patience);
  stopping_ = condemned_ = false;
  ++generation_;
  {
    const std::lock_guard lock(mutex_);
    process_ = process;
  }
  const auto answer =
      process->call({{"call", "open"},
                     {"file", file_.string()},
                     {"log_level", lowest_log_level()},
                     {"sandbox", options_.sandbox ? to_json(*options_.sandbox) : Json()}});
  if (!answer) {
    const std::lock_guard lock(mutex_);
    throw Error(fmt::format("{} cannot be loaded: {}", file_.string(), last_death_), "",
                ExitCode::plugin);
  }
  if (answer->contains("fault")) throw ContractFault(answer->at("fault").get<std::string>());
  if (answer->contains("refused")) {
    throw Error(answer->at("refused").get<std::string>(), "", ExitCode::plugin);
  }
  for (const Json &lack : answer->value("sandbox_lacks", Json::array())) {
    log(LogLevel::warning, "sandbox", lack.get<std::string>());
  }
  return answer->at("plugin");
}

void ProxyPlugin::read_metadata(const Json &told) {
  table_.struct_size = sizeof table_;
  table_.abi_minor = told.at("abi_minor").get<std::uint32_t>();
  table_.min_host_minor = told.at("min_host_minor").get<std::uint32_t>();
  table_.flags = told.at("flags").get<std::uint32_t>();
  table_.plugin_data = this;
  table_.id = memory_.c_text(told.at("id"));
  table_.label = memory_.c_text(told.at("label"));
  table_.vendor = memory_.c_text(told.at("vendor"));
  table_.version = memory_.c_text(told.at("version"));
  table_.url = memory_.c_text(told.at("url"));
  table_.sdk = memory_.c_text(told.at("sdk"));
  take_functions(table_, Functions::all(), told.at("functions"));
  model_count_ = told.at("model_count").get<std::uint32_t>();
  for (const Json &model : told.at("models")) {
    const pictor_model_info *info = memory_.info(model.at("info"));
    infos_.push_back(info);
    if (info == nullptr || info->id == nullptr) continue;
    const Json &parameters = model.at("parameters");
    spec_counts_[info->id] = parameters.at("count").get<std::uint32_t>();
    auto &specs = specs_[info->id];
    specs.clear();
    for (const Json &spec : parameters.at("specs")) specs.push_back(memory_.spec(spec));
  }
}

bool ProxyPlugin::initialise(WorkerProcess &process, pictor_error_sink sink) {
  return status_of(process.call({{"call", "init"}}), sink) == PICTOR_OK;
}

std::shared_ptr<WorkerProcess> ProxyPlugin::process() const {
  const std::lock_guard lock(mutex_);
  return process_;
}

std::shared_ptr<WorkerProcess> ProxyPlugin::ready(pictor_error_sink sink) {
  if (condemned_ && !has_work()) let_go();
  if (auto running = process(); running && running->is_alive()) return running;
  let_go();
  {
    const std::lock_guard lock(mutex_);
    if (deaths_ >= most_deaths) {
      tell_reason(sink, PICTOR_DEVICE_LOST,
                  fmt::format("{}; it ended {} times and is not started again in this run",
                              last_death_, deaths_));
      return nullptr;
    }
  }
  wait_for_turn();
  try {
    open_process();
    auto started = process();
    if (initialise(*started, sink)) return started;
  } catch (const std::exception &failure) {
    tell_reason(sink, PICTOR_UNAVAILABLE, failure.what());
  }
  let_go();
  return nullptr;
}

void ProxyPlugin::wait_for_turn() const {
  std::chrono::steady_clock::time_point turn;
  {
    const std::lock_guard lock(mutex_);
    turn = next_start_;
  }
  std::this_thread::sleep_until(turn);
}

// Waits until everything it had said was heard.
void ProxyPlugin::let_go() {
  std::shared_ptr<WorkerProcess> gone;
  const std::lock_guard lock(mutex_);
  gone.swap(process_);
  if (gone && gone->is_alive()) stopping_ = true;
}

pictor_status ProxyPlugin::refusal() const {
  const std::lock_guard lock(mutex_);
  return deaths_ >= most_deaths ? PICTOR_DEVICE_LOST : PICTOR_UNAVAILABLE;
}

void ProxyPlugin::allow(const pictor_kv *const *config, std::uint64_t count, const char *model_id) {
  if (!options_.sandbox) return;
  std::vector<std::string> paths;
  const auto specs = specs_.find(std::string_view(model_id));
  for (std::uint64_t i = 0; specs != specs_.end() && i < count; ++i) {
    const auto spec =
        std::find_if(specs->second.begin(), specs->second.end(), [&](const pictor_param_spec *one) {
          return one != nullptr && std::string_view(one->id) == config[i]->key;
        });
    if (spec == specs->second.end()) continue;
    const bool is_path = (*spec)->type == PICTOR_TYPE_PATH;
    if (!is_path && ((*spec)->flags & PICTOR_PARAM_PATH_OR_NAME) == 0) continue;
    const pictor_str &text = config[i]->value->str;
    Json value = std::string(text.data, text.size);
    if ((*spec)->type == PICTOR_TYPE_JSON) {
      value = parse_foreign_json({text.data, text.size}).value_or(nullptr);
    }
    add_paths(value, paths);
  }
  std::vector<std::string> &readable = options_.sandbox->readable;
  const std::size_t before = readable.size();
  for (std::string &path : paths) {
    if (std::find(readable.begin(), readable.end(), path) == readable.end()) {
      readable.push_back(std::move(path));
    }
  }
  // What a process may read is settled when it starts.
  if (readable.size() != before) let_go();
}

}  // namespace pictor::host::worker
