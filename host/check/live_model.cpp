#include "check/live_model.hpp"

#include "check/sample_values.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>

namespace pictor::host::check {

namespace {

pictor_error_sink next_sink() {
  static std::atomic<pictor_error_sink> last{0x2000};
  return ++last;
}

void check_one(LiveModel live, Ready ready, const std::function<void(LiveModel &)> &body) {
  const ModelInfo &info = live.description().info;
  if (ready == Ready::loaded) {
    if (!live.may_draw()) {
      throw Skip{fmt::format("model '{}' bills: --billed lets it draw", info.id)};
    }
    live.load();
  }
  body(live);
  if (live.self() == nullptr) return;
  if (ready == Ready::loaded) live.unload();
  live.destroy();
}

}  // namespace

const SeenImage *Drawn::image(std::size_t request, std::uint32_t index) const {
  const std::lock_guard lock(job->mutex);
  for (const SeenImage &each : job->requests[request].images) {
    if (each.index == index) return &each;
  }
  return nullptr;
}

bool Drawn::ended() const {
  const std::lock_guard lock(job->mutex);
  return returned != PICTOR_OK || job->all_ended();
}

bool Drawn::refused(std::size_t request) const {
  const std::lock_guard lock(job->mutex);
  return returned != PICTOR_OK ||
         (job->requests[request].ended && job->requests[request].status != PICTOR_OK);
}

std::string Drawn::words(std::size_t request) const {
  const std::lock_guard lock(job->mutex);
  const SeenRequest &seen = job->requests[request];
  const PluginError &why = returned != PICTOR_OK ? reason : seen.error;
  const pictor_status status = returned != PICTOR_OK ? returned : seen.status;
  return why.message.empty() ? status_name(status)
                             : fmt::format("{}: {}", status_name(status), why.message);
}

pictor_model *create_sample(Context &context, const OpenPlugin &plugin,
                            const ModelDescription &model, pictor_error_sink sink) {
  const ParameterBlock config(
      model.parameters, ParameterScope::load,
      sample_values(context.subject, model.parameters, ParameterScope::load));
  return plugin.functions.create(plugin.functions.self, model.info.id.c_str(), config.data(),
                                 config.size(), sink);
}

LiveModel::LiveModel(Context &context, RecordingHost &host, const OpenPlugin &plugin,
                     const ModelDescription &model)
    : context_(context), host_(host), description_(model) {
  const pictor_error_sink sink = next_sink();
  host_.calling(named("create"));
  self_ = create_sample(context, plugin, model, sink);
  if (self_ == nullptr) {
    throw Skip{fmt::format("model '{}' cannot be created: {}", description_.info.id,
                           host_.reason_of(sink).message)};
  }
  try {
    functions_ = read_model(self_, description_.info);
  } catch (const ContractFault &fault) {
    throw Skip{
        fmt::format("the table of model '{}' is broken: {}", description_.info.id, fault.what())};
  }
  host_.calling(named("capacity"));
  read_capacity(functions_, self_, description_.info);
}

std::string LiveModel::named(std::string_view function) const {
  return fmt::format("{} of model '{}'", function, description_.info.id);
}

bool LiveModel::may_draw() const {
  return !description_.info.billed || context_.subject.may_bill;
}

Row LiveModel::small_row() const {
  Row row;
  row.parameters =
      sample_values(context_.subject, description_.parameters, ParameterScope::request);
  return row;
}

pictor_status LiveModel::try_load(PluginError &reason, const std::shared_ptr<SeenJob> &given) {
  const std::shared_ptr<SeenJob> job = given ? given : host_.open_load();
  const pictor_error_sink sink = next_sink();
  host_.calling(named("load"));
  const pictor_status status = functions_.load(self_, job->number, sink);
  const std::lock_guard lock(job->mutex);
  job->closed = true;
  reason = host_.reason_of(sink);
  return status;
}

void LiveModel::load() {
  PluginError reason;
  const pictor_status status = try_load(reason);
  if (status == PICTOR_OK) return;
  throw Skip{fmt::format("model '{}' cannot be loaded: {}", description_.info.id,
                         reason.message.empty() ? status_name(status) : reason.message)};
}

pictor_status LiveModel::unload() {
  host_.calling(named("unload"));
  return functions_.unload(self_);
}

void LiveModel::destroy() {
  host_.calling(named("destroy"));
  functions_.destroy(self_);
  self_ = nullptr;
}

Drawn LiveModel::draw(const std::vector<Row> &rows, std::string_view with) {
  std::vector<std::uint32_t> wanted;
  wanted.reserve(rows.size());
  for (const Row &row : rows) wanted.push_back(static_cast<std::uint32_t>(row.seeds.size()));
  Drawn drawn;
  drawn.job = host_.open(wanted);
  std::vector<const pictor_request *> requests;
  for (const Row &row : rows) {
    ModelRequest request;
    request.prompt = row.prompt;
    request.seeds = row.seeds;
    request.parameters = row.parameters;
    request.trace_id = fmt::format("check-{}", requests.size());
    const auto block = std::make_shared<RequestBlock>(description_.parameters, std::move(request));
    requests.push_back(request_shape_ == Shape::plain ? &block->abi()
                                                      : reshaped(block->abi(), request_shape_));
    drawn.job->kept.push_back(block);
  }
  const pictor_error_sink sink = next_sink();
  const bool async = description_.info.async;
  const std::string call = named(async ? "submit" : "generate");
  host_.calling(with.empty() ? call : fmt::format("{} with {}", call, with));
  const auto function = async ? functions_.submit : functions_.generate;
  drawn.returned = function(self_, requests.data(), static_cast<std::uint32_t>(requests.size()),
                            drawn.job->number, sink);
  drawn.reason = host_.reason_of(sink);
  std::unique_lock lock(drawn.job->mutex);
  if (async && drawn.returned == PICTOR_OK) {
    drawn.job->changed.wait_for(lock, context_.subject.limit / 2,
                                [&] { return drawn.job->all_ended(); });
  }
  drawn.job->closed = !async || drawn.job->all_ended();
  return drawn;
}

void run_models(Context &context, RecordingHost &host, const OpenPlugin &plugin, Ready ready,
                const std::function<void(LiveModel &)> &body) {
  std::string reason;
  bool any = false;
  for (const ModelDescription &model : plugin.models) {
    try {
      check_one(LiveModel(context, host, plugin, model), ready, body);
      any = true;
    } catch (const Skip &skip) {
      if (reason.empty()) reason = skip.reason;
    }
  }
  if (!any) throw Skip{reason};
}

void with_models(Context &context, RecordingHost &host, Ready ready,
                 const std::function<void(LiveModel &)> &body) {
  const OpenPlugin plugin = open_plugin(context);
  initialise(context, plugin.functions, host.table());
  run_models(context, host, plugin, ready, body);
}

void with_models(Context &context, Ready ready, const std::function<void(LiveModel &)> &body) {
  // A plugin may call its host until the process ends.
  auto *host = new RecordingHost(context.findings);
  with_models(context, *host, ready, body);
}

void require_ends(const Drawn &drawn) {
  if (!drawn.ended()) throw Skip{"a request did not end: see draw.terminal"};
}

void require_pictures(const Drawn &drawn) {
  require_ends(drawn);
  for (std::size_t i = 0; i < drawn.job->requests.size(); ++i) {
    if (drawn.refused(i)) throw Skip{fmt::format("it did not draw: {}", drawn.words(i))};
    if (drawn.image(i) == nullptr) throw Skip{"it drew no picture: see draw.picture"};
  }
}

void tell_breaches(Context &context, const RecordingHost &host, Rule rule) {
  std::set<std::string> told;
  for (const std::string &text : host.breaches(rule)) {
    if (told.insert(text).second && told.size() <= 10) context.findings.fail(text);
  }
}

}  // namespace pictor::host::check
