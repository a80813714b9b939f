#pragma once

// The C tables of a plugin made of C++ model classes. One trampoline per entry; no exception leaves
// it.

#include "pictor/detail/collect.hpp"
#include "pictor/detail/host.hpp"

#include <array>

namespace pictor {
inline namespace v1 {
namespace detail {

inline std::uint32_t model_flags(const ModelInfo &info) {
  std::uint32_t flags = 0;
  if (info.needs_network) flags |= PICTOR_MODEL_NEEDS_NETWORK;
  if (info.needs_gpu) flags |= PICTOR_MODEL_NEEDS_GPU;
  if (info.deterministic) flags |= PICTOR_MODEL_DETERMINISTIC;
  if (info.billed) flags |= PICTOR_MODEL_BILLED;
  if (info.prefers_isolation) flags |= PICTOR_MODEL_PREFERS_ISOLATION;
  if (info.ignores_seed) flags |= PICTOR_MODEL_IGNORES_SEED;
  if (info.parks) flags |= PICTOR_MODEL_PARKS;
  return flags;
}

// A model's declarations as the ABI's structs. Made once per class and never freed: the host may
// read them until the process ends.
class ModelTable {
 public:
  ModelTable(ModelInfo info, std::vector<RuntimeParameter> parameters, std::uint32_t exec_modes)
      : info_(std::move(info)), parameters_(std::move(parameters)), values_(Params{}) {
    for (const std::string &feature : info_.features) features_.push_back(feature.c_str());
    features_.push_back(nullptr);
    model_.struct_size = sizeof model_;
    model_.flags = model_flags(info_);
    model_.exec_modes = exec_modes;
    model_.max_batch = info_.max_batch;
    model_.max_concurrency = info_.max_concurrency;
    model_.id = info_.id.c_str();
    model_.label = info_.label.c_str();
    model_.doc = info_.doc.c_str();
    model_.features = features_.data();
    for (const RuntimeParameter &parameter : parameters_) add(parameter);
  }
  ModelTable(const ModelTable &) = delete;
  ModelTable &operator=(const ModelTable &) = delete;

  const pictor_model_info *info() const { return &model_; }
  std::uint32_t param_count() const { return static_cast<std::uint32_t>(specs_.size()); }
  const pictor_param_spec *param(std::uint32_t index) const {
    return index < specs_.size() ? &specs_[index] : nullptr;
  }

 private:
  static const char *or_null(const std::string &text) {
    return text.empty() ? nullptr : text.c_str();
  }

  // NULL-terminated; NULL when there are none.
  const char *const *names(const std::vector<std::string> &texts) {
    if (texts.empty()) return nullptr;
    std::vector<const char *> &list = names_.emplace_back();
    for (const std::string &text : texts) list.push_back(text.c_str());
    list.push_back(nullptr);
    return list.data();
  }

  void add(const RuntimeParameter &parameter) {
    pictor_param_spec &spec = specs_.emplace_back();
    spec.struct_size = sizeof spec;
    spec.type = parameter.type;
    spec.scope = parameter.scope;
    spec.flags = parameter.flags;
    spec.id = parameter.id.c_str();
    spec.doc = parameter.doc_text.c_str();
    spec.unit = or_null(parameter.unit_text);
    spec.env = or_null(parameter.env_name);
    spec.min_value = parameter.min;
    spec.max_value = parameter.max;
    spec.step = parameter.step;
    spec.aliases = names(parameter.alias_names);
    spec.max_bytes = parameter.bytes_limit;
    if (parameter.has_default) {
      pictor_value value = *values_.view(parameter.default_);
      value.type = parameter.type;
      if (value.type == PICTOR_TYPE_FLOAT) {
        if (const auto *whole = std::get_if<std::int64_t>(&parameter.default_)) {
          value.f64 = static_cast<double>(*whole);
          value.i64 = 0;
        }
      }
      spec.default_value = &defaults_.emplace_back(value);
    }
    std::vector<const pictor_choice *> &list = choice_lists_.emplace_back();
    for (const RuntimeParameter::Option &option : parameter.options) {
      list.push_back(
          &choices_.emplace_back(pictor_choice{sizeof(pictor_choice), 0, option.value.c_str(),
                                               or_null(option.label), names(option.aliases)}));
    }
    spec.choices = list.empty() ? nullptr : list.data();
    spec.choice_count = list.size();
  }

  const ModelInfo info_;
  const std::vector<RuntimeParameter> parameters_;
  pictor_model_info model_{};
  std::vector<const char *> features_;
  std::deque<pictor_param_spec> specs_;
  std::deque<pictor_value> defaults_;
  std::deque<pictor_choice> choices_;
  std::deque<std::vector<const char *>> names_;
  std::deque<std::vector<const pictor_choice *>> choice_lists_;
  ValueViews values_;  // keeps what defaults that are lists point to
};

// A live model behind the C struct.
struct Instance : pictor_model {
  std::unique_ptr<ImageGenerationModel> model;
  ModelInfo info;
  std::string name;
  bool loaded = false;
};

inline Instance &instance(pictor_model *model) {
  return *static_cast<Instance *>(model->plugin_data);
}

inline pictor_status load(pictor_model *model, pictor_job job, pictor_error_sink sink) noexcept {
  return guard(sink, [&] {
    Instance &self = instance(model);
    if (self.loaded) return;
    Loading loading(std::make_shared<HostResults>(job));
    self.model->load(loading);
    self.loaded = true;
  });
}

inline pictor_status unload(pictor_model *model) noexcept {
  return guard(0, [&] {
    Instance &self = instance(model);
    if (std::exchange(self.loaded, false)) self.model->unload();
  });
}

inline const char *model_name(pictor_model *model) noexcept {
  Instance &self = instance(model);
  guard(0, [&] { self.name = self.model->model_name(); });
  return self.name.c_str();
}

// Checks a request without a host job: its results go nowhere.
inline pictor_status validate(pictor_model *model, const pictor_request *row,
                              pictor_error_sink sink) noexcept {
  return guard(sink, [&] {
    const auto nowhere = std::make_shared<CollectedResults>(1, row->image_count);
    const Request request(*row, to_params(row->params, row->param_count), nowhere, 0);
    instance(model).model->validate(request);
  });
}

inline pictor_status run(pictor_model *model, const pictor_request *const *rows,
                         std::uint32_t count, pictor_job job, pictor_error_sink sink) noexcept {
  Instance &self = instance(model);
  std::vector<Request> requests;
  const pictor_status status = guard(sink, [&] {
    if (!self.loaded) throw Error(Status::internal, "the model is not loaded");
    std::vector<Params> kwargs;
    for (std::uint32_t i = 0; i < count; ++i) {
      kwargs.push_back(to_params(rows[i]->params, rows[i]->param_count));
    }
    // Nothing below throws once a Request exists: it would be answered and refused at once.
    const auto results = std::make_shared<HostResults>(job);
    requests.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      requests.emplace_back(*rows[i], std::move(kwargs[i]), results, i);
    }
  });
  if (status == PICTOR_OK) generate_and_finish(*self.model, requests);
  return status;
}

inline void cancel(pictor_model *model, pictor_job, std::uint32_t) noexcept {
  guard(0, [&] { instance(model).model->cancel(); });
}

inline void capacity(pictor_model *model, pictor_capacity *out) noexcept {
  guard(0, [&] {
    const Instance &self = instance(model);
    const ModelInfo info = self.model->capacity(self.info);
    out->flags = model_flags(info);
    out->max_batch = info.max_batch;
    out->max_concurrency = info.max_concurrency;
    out->wanted_concurrency = info.wanted_concurrency;
  });
}

inline const void *no_extension(pictor_model *, const char *) noexcept {
  return nullptr;
}

inline void destroy(pictor_model *model) noexcept {
  unload(model);
  delete &instance(model);
}

template <typename M>
const ModelTable &table_of() {
  constexpr bool async = std::is_base_of_v<AsyncImageGenerationModel, M>;
  static const ModelTable &table = *new ModelTable(M::info(), M::runtime_parameters(),
                                                   async ? PICTOR_EXEC_ASYNC : PICTOR_EXEC_SYNC);
  return table;
}

// A model without one is not asked about every row.
template <typename M>
constexpr bool has_own_validate =
    !std::is_same_v<decltype(&M::validate), void (ImageGenerationModel::*)(const Request &) const>;

template <typename M>
pictor_model *create(const pictor_kv *const *config, std::uint64_t count,
                     pictor_error_sink sink) noexcept {
  pictor_model *made = nullptr;
  guard(sink, [&] {
    auto self = std::make_unique<Instance>();
    self->model = std::make_unique<M>(to_params(config, count));
    self->info = M::info();
    constexpr bool async = std::is_base_of_v<AsyncImageGenerationModel, M>;
    static_cast<pictor_model &>(*self) = pictor_model{sizeof(pictor_model),
                                                      0,
                                                      self.get(),
                                                      load,
                                                      unload,
                                                      model_name,
                                                      capacity,
                                                      has_own_validate<M> ? validate : nullptr,
                                                      async ? nullptr : run,
                                                      async ? run : nullptr,
                                                      cancel,
                                                      no_extension,
                                                      destroy};
    made = self.release();
  });
  return made;
}

// The plugin's own table, over its model classes.
template <typename... Models>
class Bridge {
 public:
  static const pictor_plugin *plugin(const char *id, const char *version,
                                     const char *label) noexcept {
    plugin_id = id;
    static const pictor_plugin table = {sizeof(pictor_plugin),
                                        PICTOR_ABI_MINOR,
                                        0,
                                        0,
                                        nullptr,
                                        id,
                                        label,
                                        nullptr,
                                        version,
                                        nullptr,
                                        "pictor-sdk C++",
                                        init,
                                        deinit,
                                        model_count,
                                        model_info,
                                        param_count,
                                        param_spec,
                                        create_model,
                                        extension};
    return &table;
  }

 private:
  static pictor_status init(const pictor_plugin *, const pictor_host *table, const char *,
                            pictor_error_sink) noexcept {
    host = table;
    return PICTOR_OK;
  }
  static void deinit(const pictor_plugin *) noexcept {}
  static std::uint32_t model_count(const pictor_plugin *) noexcept { return sizeof...(Models); }

  // NULL when a model's own declarations throw.
  static const ModelTable *table(std::uint32_t index) noexcept {
    const ModelTable *found = nullptr;
    guard(0, [&] {
      using Get = const ModelTable &(*)();
      static constexpr std::array<Get, sizeof...(Models)> tables = {table_of<Models>...};
      if (index < tables.size()) found = &tables[index]();
    });
    return found;
  }
  static std::uint32_t index_of(const char *model_id) noexcept {
    for (std::uint32_t i = 0; i < sizeof...(Models); ++i) {
      const ModelTable *candidate = table(i);
      if (candidate != nullptr && std::string_view(candidate->info()->id) == model_id) return i;
    }
    return sizeof...(Models);
  }
  static const pictor_model_info *model_info(const pictor_plugin *, std::uint32_t index) noexcept {
    const ModelTable *found = table(index);
    return found == nullptr ? nullptr : found->info();
  }
  static std::uint32_t param_count(const pictor_plugin *, const char *model_id) noexcept {
    const ModelTable *found = table(index_of(model_id));
    return found == nullptr ? 0 : found->param_count();
  }
  static const pictor_param_spec *param_spec(const pictor_plugin *, const char *model_id,
                                             std::uint32_t index) noexcept {
    const ModelTable *found = table(index_of(model_id));
    return found == nullptr ? nullptr : found->param(index);
  }
  static pictor_model *create_model(const pictor_plugin *, const char *model_id,
                                    const pictor_kv *const *config, std::uint64_t count,
                                    pictor_error_sink sink) noexcept {
    using Create =
        pictor_model *(*)(const pictor_kv *const *, std::uint64_t, pictor_error_sink) noexcept;
    static constexpr std::array<Create, sizeof...(Models)> creators = {create<Models>...};
    const std::uint32_t index = index_of(model_id);
    if (index < creators.size()) return creators[index](config, count, sink);
    set_error(sink, Error(Status::not_found, std::string("there is no model '") + model_id + "'"));
    return nullptr;
  }
  static const void *extension(const pictor_plugin *, const char *) noexcept { return nullptr; }
};

}  // namespace detail
}  // namespace v1
}  // namespace pictor
