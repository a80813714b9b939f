#include "worker/served_plugin.hpp"

#include "plugin/abi_read.hpp"
#include "plugin/library.hpp"
#include "worker/function_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace pictor::host::worker {

namespace {

// A host accepts fewer: one more shows that there are too many.
constexpr std::uint32_t most_models = 4097;
constexpr std::uint32_t most_parameters = 1025;

// A reason for the failure of one call.
class Reason {
 public:
  explicit Reason(RemoteHost &host) : host_(host), sink_(host.open_sink()) {}
  ~Reason() {
    if (sink_ != 0) host_.close_sink(sink_);
  }
  Reason(const Reason &) = delete;
  Reason &operator=(const Reason &) = delete;

  pictor_error_sink sink() const { return sink_; }
  Json answer(pictor_status status) {
    return {{"status", status}, {"error", host_.close_sink(std::exchange(sink_, 0))}};
  }

 private:
  RemoteHost &host_;
  pictor_error_sink sink_;
};

Json parameters_of(const PluginFunctions &table, const char *model_id) {
  Json specs = Json::array();
  const std::uint32_t count = table.param_count(table.self, model_id);
  for (std::uint32_t i = 0; i < std::min(count, most_parameters); ++i) {
    specs.push_back(pack(table.param_spec(table.self, model_id, i)));
  }
  return {{"count", count}, {"specs", std::move(specs)}};
}

}  // namespace

ServedPlugin::ServedPlugin(Channel &channel, const std::string &file, pictor_log_level log_level)
    : host_(channel, log_level), functions_(read_functions(open_library(file))), path_(file) {}

Json ServedPlugin::describe() const {
  const PluginFunctions &table = functions_;
  Json models = Json::array();
  const bool complete = has_every_function(table);
  const std::uint32_t count = complete ? table.model_count(table.self) : 0;
  for (std::uint32_t i = 0; i < std::min(count, most_models); ++i) {
    const pictor_model_info *info = table.model_info(table.self, i);
    const char *id = info == nullptr ? nullptr : known_part(info, "pictor_model_info").id;
    models.push_back(
        {{"info", pack(info)}, {"parameters", id == nullptr ? Json() : parameters_of(table, id)}});
  }
  return {{"abi_minor", table.abi_minor},
          {"min_host_minor", table.min_host_minor},
          {"flags", table.flags},
          {"id", pack_text(table.id)},
          {"label", pack_text(table.label)},
          {"vendor", pack_text(table.vendor)},
          {"version", pack_text(table.version)},
          {"url", pack_text(table.url)},
          {"sdk", pack_text(table.sdk)},
          {"functions", names_of_functions(table)},
          {"model_count", count},
          {"models", std::move(models)}};
}

bool ServedPlugin::is_long(const Json &call) {
  const auto &what = call.at("call").get_ref<const std::string &>();
  return what == "load" || what == "generate";
}

Json ServedPlugin::answer(const Json &call) {
  const auto &what = call.at("call").get_ref<const std::string &>();
  if (what == "init") return init(call);
  if (what == "create") return create(call);
  if (what == "load") return load(call);
  if (what == "generate" || what == "submit") return draw(call);
  if (what == "validate") return validate(call);
  if (what == "destroy") return destroy(call);
  if (what == "deinit") return functions_.deinit(functions_.self), Json::object();
  const Instance model = instance(call);
  if (what == "unload") return {{"status", model.functions.unload(model.self)}};
  if (what == "model_name") return {{"name", pack_text(model.functions.model_name(model.self))}};
  pictor_capacity capacity = unpack_capacity(call.at("capacity"));
  model.functions.capacity(model.self, &capacity);
  return {{"capacity", pack(capacity)}};
}

Json ServedPlugin::init(const Json &) {
  Reason reason(host_);
  return reason.answer(
      functions_.init(functions_.self, host_.table(), path_.c_str(), reason.sink()));
}

Json ServedPlugin::create(const Json &call) {
  Reason reason(host_);
  Unpacked memory;
  const auto [config, count] = memory.pairs(call.at("config"));
  Instance made;
  made.self = functions_.create(functions_.self, memory.c_text(call.at("model")), config, count,
                                reason.sink());
  if (made.self == nullptr) return reason.answer(PICTOR_INTERNAL);
  made.functions = known_part(made.self, "pictor_model");
  const std::lock_guard lock(mutex_);
  instances_[++next_instance_] = made;
  return {{"instance", next_instance_}, {"functions", names_of_functions(made.functions)}};
}

Json ServedPlugin::load(const Json &call) {
  const Instance model = instance(call);
  const auto job = call.at("job").get<pictor_job>();
  Reason reason(host_);
  host_.begin(job, std::make_shared<HeldJob>());
  const pictor_status status = model.functions.load(model.self, job, reason.sink());
  host_.returned(job, false);
  return reason.answer(status);
}

Json ServedPlugin::draw(const Json &call) {
  const Instance model = instance(call);
  const auto job = call.at("job").get<pictor_job>();
  const bool sync = call.at("call") == "generate";
  const auto held = std::make_shared<HeldJob>();
  for (const Json &request : call.at("requests")) {
    held->requests.push_back(held->memory.request(request));
  }
  // The array itself is valid during the call, whatever ends meanwhile.
  const auto count = static_cast<std::uint32_t>(held->requests.size());
  Reason reason(host_);
  host_.begin(job, held);
  const auto function = sync ? model.functions.generate : model.functions.submit;
  const pictor_status status =
      function(model.self, held->requests.data(), count, job, reason.sink());
  host_.returned(job, !sync && status == PICTOR_OK);
  return reason.answer(status);
}

Json ServedPlugin::validate(const Json &call) {
  const Instance model = instance(call);
  Reason reason(host_);
  Unpacked memory;
  const pictor_request *request = memory.request(call.at("request"));
  return reason.answer(model.functions.validate(model.self, request, reason.sink()));
}

Json ServedPlugin::destroy(const Json &call) {
  const Instance model = instance(call);
  {
    const std::scoped_lock lock(cancelling_, mutex_);
    instances_.erase(call.at("instance").get<std::uint64_t>());
  }
  model.functions.destroy(model.self);
  return Json::object();
}

void ServedPlugin::cancel(const Json &call) {
  for (const Json &job : call.at("jobs")) host_.cancel(job.get<pictor_job>());
  if (call.at("instance").is_null()) return;  // a load, which asks
  const std::lock_guard lock(cancelling_);
  const std::optional<Instance> model = find_instance(call);
  if (!model || model->functions.cancel == nullptr) return;  // destroyed meanwhile, or deaf
  model->functions.cancel(model->self, call.at("job").get<pictor_job>(),
                          call.at("request").get<std::uint32_t>());
}

std::optional<ServedPlugin::Instance> ServedPlugin::find_instance(const Json &call) const {
  const std::lock_guard lock(mutex_);
  const auto found = instances_.find(call.at("instance").get<std::uint64_t>());
  return found == instances_.end() ? std::nullopt : std::optional(found->second);
}

ServedPlugin::Instance ServedPlugin::instance(const Json &call) const {
  if (const std::optional<Instance> found = find_instance(call)) return *found;
  throw ContractFault(fmt::format("{}: this process has no instance {}",
                                  call.at("call").get_ref<const std::string &>(),
                                  call.at("instance").get<std::uint64_t>()));
}

}  // namespace pictor::host::worker
