#include "worker/proxy_model.hpp"

#include "worker/function_names.hpp"
#include "worker/packing.hpp"
#include "worker/proxy_plugin.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

namespace pictor::host::worker {

namespace {

// The job of a load that no host waits for: its progress goes nowhere.
constexpr pictor_job nobodys_job = ~pictor_job{0};
// Less than a host waits before it gives a model up.
constexpr std::chrono::seconds end_grace{20};

ProxyModel &of(pictor_model *model) {
  return *static_cast<ProxyModel *>(model->plugin_data);
}

// Runs a call's body; what goes wrong here becomes `otherwise`.
template <class Result, class Body>
Result guarded(Result otherwise, Body body) noexcept {
  try {
    return body();
  } catch (const std::exception &) {
    return otherwise;
  }
}

}  // namespace

struct ProxyModel::Functions {
  static pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink sink) noexcept {
    return guarded(pictor_status{PICTOR_INTERNAL}, [&]() -> pictor_status {
      ProxyModel &self = of(model);
      const auto process = self.home(sink, false);
      if (!process) return self.plugin_.refusal();
      self.plugin_.begin(job, {&self, false, {}, 0, false, {}});
      const auto answer =
          process->call({{"call", "load"}, {"instance", self.instance_}, {"job", job}});
      self.plugin_.forget(job);
      const pictor_status status = self.plugin_.status_of(answer, sink);
      if (status == PICTOR_OK) self.loaded_in_ = self.made_in_;
      return status;
    });
  }

  static pictor_status unload(pictor_model *model) noexcept {
    return guarded(pictor_status{PICTOR_INTERNAL}, [&]() -> pictor_status {
      ProxyModel &self = of(model);
      self.loaded_in_ = 0;
      const auto process = self.plugin_.process();
      const bool is_there =
          process && process->is_alive() && self.made_in_ == self.plugin_.generation();
      if (!is_there) return PICTOR_OK;  // with its process it went
      return self.plugin_.status_of(
          process->call({{"call", "unload"}, {"instance", self.instance_}}, end_grace), 0);
    });
  }

  static const char *model_name(pictor_model *model) noexcept {
    ProxyModel &self = of(model);
    guarded(0, [&] {
      const auto process = self.home(0, false);
      if (!process) return 0;
      const auto answer = process->call({{"call", "model_name"}, {"instance", self.instance_}});
      if (answer) self.name_ = answer->at("name").get<std::string>();
      return 0;
    });
    return self.name_.c_str();
  }

  static void capacity(pictor_model *model, pictor_capacity *out) noexcept {
    guarded(0, [&] {
      ProxyModel &self = of(model);
      const auto process = self.home(0, false);
      if (!process) return 0;
      const auto answer = process->call(
          {{"call", "capacity"}, {"instance", self.instance_}, {"capacity", pack(*out)}});
      if (!answer) return 0;
      const pictor_capacity told = unpack_capacity(answer->at("capacity"));
      self.flags_ = told.flags;
      out->flags = told.flags;
      out->max_batch = told.max_batch;
      out->max_concurrency = told.max_concurrency;
      out->wanted_concurrency = told.wanted_concurrency;
      return 0;
    });
  }

  static pictor_status validate(pictor_model *model, const pictor_request *request,
                                pictor_error_sink sink) noexcept {
    return guarded(pictor_status{PICTOR_INTERNAL}, [&]() -> pictor_status {
      ProxyModel &self = of(model);
      const auto process = self.home(sink, false);
      if (!process) return self.plugin_.refusal();
      return self.plugin_.status_of(
          process->call(
              {{"call", "validate"}, {"instance", self.instance_}, {"request", pack(*request)}}),
          sink);
    });
  }

  static pictor_status generate(pictor_model *model, const pictor_request *const *requests,
                                std::uint32_t count, pictor_job job,
                                pictor_error_sink sink) noexcept {
    return guarded(pictor_status{PICTOR_INTERNAL},
                   [&] { return of(model).draw("generate", requests, count, job, sink); });
  }

  static pictor_status submit(pictor_model *model, const pictor_request *const *requests,
                              std::uint32_t count, pictor_job job,
                              pictor_error_sink sink) noexcept {
    return guarded(pictor_status{PICTOR_INTERNAL},
                   [&] { return of(model).draw("submit", requests, count, job, sink); });
  }

  static void cancel(pictor_model *model, pictor_job job, std::uint32_t request) noexcept {
    guarded(0, [&] {
      ProxyModel &self = of(model);
      const auto process = self.plugin_.process();
      if (!process || !process->is_alive()) return 0;
      process->tell({{"call", "cancel"},
                     {"instance", self.instance_},
                     {"jobs", self.plugin_.told_to_end(self, end_grace)},
                     {"job", job},
                     {"request", request}});
      return 0;
    });
  }

  static const void *get_extension(pictor_model *, const char *) noexcept { return nullptr; }

  static void destroy(pictor_model *model) noexcept {
    guarded(0, [&] {
      const std::unique_ptr<ProxyModel> self(&of(model));
      const auto process = self->plugin_.process();
      if (process && process->is_alive() && self->made_in_ == self->plugin_.generation()) {
        process->call({{"call", "destroy"}, {"instance", self->instance_}}, end_grace);
      }
      return 0;
    });
  }

  static pictor_model all() {
    pictor_model table{};
    table.load = load;
    table.unload = unload;
    table.model_name = model_name;
    table.capacity = capacity;
    table.validate = validate;
    table.generate = generate;
    table.submit = submit;
    table.cancel = cancel;
    table.get_extension = get_extension;
    table.destroy = destroy;
    return table;
  }
};

ProxyModel::ProxyModel(ProxyPlugin &plugin, std::string model_id, Json config, std::uint32_t flags)
    : plugin_(plugin), model_id_(std::move(model_id)), config_(std::move(config)), flags_(flags) {
  table_.struct_size = sizeof table_;
  table_.plugin_data = this;
}

pictor_model *ProxyModel::create(ProxyPlugin &plugin, const char *model_id,
                                 const pictor_kv *const *config, std::uint64_t count,
                                 pictor_error_sink sink) {
  const auto info =
      std::find_if(plugin.infos_.begin(), plugin.infos_.end(), [&](const pictor_model_info *one) {
        return one != nullptr && one->id != nullptr && std::string_view(one->id) == model_id;
      });
  const std::uint32_t flags = info == plugin.infos_.end() ? 0 : (*info)->flags;
  auto model = std::make_unique<ProxyModel>(plugin, model_id, pack(config, count), flags);
  {
    const std::lock_guard lock(plugin.life_);
    plugin.allow(config, count, model_id);
  }
  if (!model->home(sink, false)) return nullptr;
  return &model.release()->table_;
}

std::shared_ptr<WorkerProcess> ProxyModel::home(pictor_error_sink sink, bool loaded) {
  const std::lock_guard lock(plugin_.life_);
  const std::shared_ptr<WorkerProcess> process = plugin_.ready(sink);
  if (!process) return nullptr;
  if (made_in_ != plugin_.generation() && !make(*process, sink)) return nullptr;
  if (loaded && loaded_in_ != plugin_.generation() && !load_again(*process, sink)) return nullptr;
  return process;
}

bool ProxyModel::make(WorkerProcess &process, pictor_error_sink sink) {
  const auto answer = process.call({{"call", "create"}, {"model", model_id_}, {"config", config_}});
  if (!answer || !answer->contains("instance")) {
    plugin_.status_of(answer, sink);
    return false;
  }
  instance_ = answer->at("instance").get<std::uint64_t>();
  made_in_ = plugin_.generation();
  if (table_.destroy == nullptr) {
    const pictor_model all = Functions::all();
    take_functions(table_, all, answer->at("functions"));
    table_.cancel = all.cancel;  // which jobs are meant to end is known here alone
  }
  return true;
}

bool ProxyModel::load_again(WorkerProcess &process, pictor_error_sink sink) {
  const auto answer =
      process.call({{"call", "load"}, {"instance", instance_}, {"job", nobodys_job}});
  if (plugin_.status_of(answer, sink) != PICTOR_OK) return false;
  loaded_in_ = plugin_.generation();
  return true;
}

pictor_status ProxyModel::draw(const char *call, const pictor_request *const *requests,
                               std::uint32_t count, pictor_job job, pictor_error_sink sink) {
  Json packed = Json::array();
  ProxyPlugin::Work work{this, is_billed(), {}, count, false, {}};
  for (std::uint32_t i = 0; i < count; ++i) {
    packed.push_back(pack(*requests[i]));
    work.requests.push_back({false, requests[i]->checkpoint.size != 0});
  }
  const auto process = home(sink, true);
  if (!process) return plugin_.refusal();
  plugin_.begin(job, std::move(work));
  const auto answer = process->call(
      {{"call", call}, {"instance", instance_}, {"requests", std::move(packed)}, {"job", job}});
  if (!answer) return plugin_.lose(job), PICTOR_OK;
  const pictor_status status = plugin_.status_of(answer, sink);
  if (status != PICTOR_OK || table_.submit == nullptr) plugin_.forget(job);
  return status;
}

}  // namespace pictor::host::worker
