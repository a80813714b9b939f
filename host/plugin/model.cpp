#include "plugin/model.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/in_flight.hpp"
#include "plugin/load_job.hpp"
#include "plugin/plugin.hpp"
#include "plugin/plugin_table.hpp"
#include "plugin/process_state.hpp"

#include <fmt/format.h>

#include <atomic>

namespace pictor::host {

namespace {

constexpr std::chrono::seconds drain_grace{30};
constexpr std::size_t max_name = 1024;

ExitCode exit_code_of(const Failure &failure) {
  if (failure.authentication) return ExitCode::authentication;
  return failure.outcome == Outcome::invalid ? ExitCode::usage : ExitCode::plugin;
}

}  // namespace

struct Model::Impl {
  std::shared_ptr<const Plugin> plugin;
  ModelInfo info;
  const std::vector<ParameterSpec> &specs;
  std::string source;  // for the log
  pictor_model *self = nullptr;
  pictor_model functions{};
  std::mutex serial;  // around every [model-serial] call
  bool loaded = false;
  std::atomic<bool> given_up{false};
  std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();

  Impl(std::shared_ptr<const Plugin> plugin_, const std::string &model_id)
      : plugin(std::move(plugin_)),
        info(plugin->model(model_id)),
        specs(plugin->parameters(info.id)),
        source(fmt::format("plugin {}", plugin->id())) {}

  void create(const Parameters &parameters);
  void finish() noexcept;
  static void keep_for_ever(std::unique_ptr<Impl> impl);
};

void Model::Impl::create(const Parameters &parameters) {
  const std::string what = fmt::format("model '{}' of plugin '{}'", info.id, plugin->id());
  try {
    const ParameterBlock config(specs, ParameterScope::load, parameters);
    const ReasonOfCall reason;
    const PluginFunctions &table = plugin->functions();
    self = table.create(table.self, info.id.c_str(), config.data(), config.size(), reason.handle());
    if (self == nullptr) {
      const Failure failure = to_failure(reason.of_failure(), "load");
      throw Error(fmt::format("{}: {}", what, failure.message), "", exit_code_of(failure));
    }
    functions = read_model(self, info);
    read_capacity(functions, self, info);
  } catch (const ParameterFault &fault) {
    throw Error(fmt::format("{}: {}", what, fault.what()));
  } catch (const ContractFault &fault) {
    throw Error(fmt::format("{}: {}", what, fault.what()), "", ExitCode::plugin);
  }
}

void Model::Impl::finish() noexcept {
  const std::lock_guard lock(serial);
  if (loaded) functions.unload(self);
  functions.destroy(self);
  plugin->model_gone();
}

// What the threads of a plugin that was given up may touch stays.
void Model::Impl::keep_for_ever(std::unique_ptr<Impl> impl) {
  static std::mutex mutex;
  static auto *const kept = new std::vector<std::unique_ptr<Impl>>;
  const std::lock_guard lock(mutex);
  kept->push_back(std::move(impl));
}

Model::Model(std::shared_ptr<const Plugin> plugin, const std::string &model_id,
             const Parameters &parameters)
    : impl_(std::make_unique<Impl>(std::move(plugin), model_id)) {
  impl_->create(parameters);
  impl_->plugin->model_made();
}

Model::~Model() {
  cancel();
  if (drain(drain_grace)) {
    impl_->finish();
  } else {
    Impl::keep_for_ever(std::move(impl_));
  }
}

const ModelInfo &Model::info() const {
  return impl_->info;
}

const std::vector<ParameterSpec> &Model::parameters() const {
  return impl_->specs;
}

std::string Model::model_name() const {
  const std::lock_guard lock(impl_->serial);
  return lenient_text(impl_->functions.model_name(impl_->self), max_name);
}

std::optional<Failure> Model::load(const std::function<void(double, const std::string &)> &progress,
                                   const std::function<bool()> &cancelled) {
  const std::lock_guard lock(impl_->serial);
  const auto job = std::make_shared<LoadJob>(progress, cancelled);
  const ScopedHandle<Job> handle(jobs(), job);
  const ReasonOfCall reason;
  pictor_status status = PICTOR_INTERNAL;
  {
    const KeptProcessState kept(impl_->source);
    status = impl_->functions.load(impl_->self, handle.get(), reason.handle());
  }
  job->close();
  if (status != PICTOR_OK) return to_failure(reason.of(status), "load");
  impl_->loaded = true;
  return std::nullopt;
}

bool Model::validates() const {
  return impl_->functions.validate != nullptr;
}

std::optional<Failure> Model::validate(const ModelRequest &request) {
  if (!validates()) return std::nullopt;
  try {
    const RequestBlock block(impl_->specs, request);
    const ReasonOfCall reason;
    const std::lock_guard lock(impl_->serial);
    const pictor_status status =
        impl_->functions.validate(impl_->self, &block.abi(), reason.handle());
    if (status == PICTOR_OK) return std::nullopt;
    return to_failure(reason.of(status), "row");
  } catch (const ParameterFault &fault) {
    return to_failure(fault);
  }
}

void Model::generate(std::vector<ModelRequest> requests, std::shared_ptr<ModelEvents> events) {
  Impl &impl = *impl_;
  const auto batch = std::make_shared<Batch>(impl.specs, std::move(requests), std::move(events));
  if (batch->size() == 0) return;
  const pictor_job job = impl.in_flight->start(batch);
  if (impl.given_up) {
    batch->end_all(plugin_fault("the model hangs and was given up", "generate"));
    return impl.in_flight->returned(job);
  }
  const ReasonOfCall reason;
  const auto call = impl.info.async ? impl.functions.submit : impl.functions.generate;
  const pictor_status status =
      call(impl.self, batch->requests(), batch->size(), job, reason.handle());
  if (status != PICTOR_OK) {
    const auto ended = batch->end_all(to_failure(reason.of(status), "generate", impl.specs));
    if (ended != batch->size()) {
      log(LogLevel::warning, impl.source, "it refused a job after ending requests of it");
    }
  } else if (!impl.info.async) {
    batch->end_all(plugin_fault("the plugin returned without ending this request", "generate"));
  }
  impl.in_flight->returned(job);
}

void Model::cancel() {
  const std::vector<InFlight::Item> items = impl_->in_flight->items();
  for (const InFlight::Item &item : items) item.batch->cancel();
  if (items.empty() || impl_->functions.cancel == nullptr || impl_->given_up) return;
  impl_->functions.cancel(impl_->self, PICTOR_ALL_JOBS, PICTOR_ALL_REQUESTS);
}

bool Model::drain(std::chrono::milliseconds grace) {
  if (impl_->in_flight->wait_until_empty(grace)) return !impl_->given_up;
  impl_->given_up = true;
  log(LogLevel::warning, impl_->source,
      fmt::format("model '{}' did not end its work and is given up", impl_->info.id));
  impl_->in_flight->give_up(plugin_fault("the plugin did not end this request", "generate"));
  return false;
}

}  // namespace pictor::host
