#include "fuzz/player.hpp"

#include "check/metadata_text.hpp"
#include "check/sample_values.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/request.hpp"

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <thread>

namespace pictor::host::fuzz {

namespace {

constexpr const char *unknown_extension = "pictor.unknown/1";

void on_own_thread(const std::function<void()> &step) {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      step();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

// The marker of a picture becomes the path of one.
Json with_picture(const ParameterSpec &spec, const Json &value) {
  if (!is_picture(spec.type)) return value;
  ParameterSpec one = spec;
  one.type = ParameterType::image;
  const Json path = check::smallest_value(one).value_or(Json(any_picture));
  if (value == any_picture) return path;
  Json list = value;
  for (Json &each : list) {
    if (each == any_picture) each = path;
  }
  return list;
}

}  // namespace

Player::Player(check::Context &context, check::RecordingHost &host,
               const PluginFunctions &functions, const std::vector<ModelDescription> &models)
    : context_(context),
      host_(host),
      functions_(functions),
      models_(models),
      metadata_(check::metadata_text(functions)) {
  host_.interpose([this](std::string_view function, check::SeenJob &job) {
    return treatments_.at_call(function, job);
  });
}

Player::~Player() {
  host_.interpose({});
}

void Player::play(const Script &script) {
  for (std::size_t i = 0; i < script.steps.size(); ++i) {
    const Step &step = script.steps[i];
    step_ = fmt::format("step {}", i + 1);
    if (step.own_thread) {
      on_own_thread([&] { perform(step); });
    } else {
      perform(step);
    }
    require_no_breach();
  }
  step_ = "at the end";
  for (auto &slot : slots_) {
    if (slot) destroy(slot);
  }
  release();
  check_metadata();
  require_no_breach();
}

void Player::perform(const Step &step) {
  auto &slot = slots_[step.slot % most_slots];
  switch (step.call) {
    case Call::create:
      return slot ? void() : create(step);
    case Call::metadata:
      return check_metadata();
    case Call::release:
      return release();
    case Call::destroy:
      return slot ? destroy(slot) : void();
    default:
      return slot ? perform_on(step, *slot) : void();
  }
}

void Player::perform_on(const Step &step, Instance &model) {
  switch (step.call) {
    case Call::load:
      return load(step, model);
    case Call::model_name:
      return check_name(model);
    case Call::extension:
      return check_extensions(model);
    case Call::validate:
      return validate(step, model);
    case Call::draw:
      return draw(step, model, step.requests, {});
    case Call::redraw:
      return redraw(step, model);
    case Call::cancel:
      return cancel(step, model);
    case Call::await:
      return end_flights(model);
    case Call::unload:
      return unload(model);
    default:
      return;
  }
}

Parameters Player::complete(const ModelDescription &model, ParameterScope scope,
                            const Parameters &given) const {
  Parameters values = check::sample_values(context_.subject, model.parameters, scope);
  for (const ParameterSpec &spec : model.parameters) {
    const auto own = given.find(spec.id);
    if (spec.scope == scope && own != given.end())
      values[spec.id] = with_picture(spec, own->second);
  }
  return values;
}

void Player::create(const Step &step) {
  const auto found = std::find_if(models_.begin(), models_.end(),
                                  [&](const auto &each) { return each.info.id == step.model; });
  if (found == models_.end()) return;
  auto model = std::make_unique<Instance>();
  model->description = *found;
  const Parameters values = complete(*found, ParameterScope::load, step.parameters);
  model->config = fmt::format("{} {}", step.model, Json(values).dump());
  const ParameterBlock block(found->parameters, ParameterScope::load, values);
  calling(*model, "create");
  model->self = functions_.create(functions_.self, step.model.c_str(), block.data(), block.size(),
                                  ++last_sink_);
  if (model->self == nullptr) {
    if (host_.reason_of(last_sink_).message.empty()) fail("reason: create fails without one");
    return;
  }
  try {
    model->functions = read_model(model->self, found->info);
  } catch (const ContractFault &fault) {
    fail(fmt::format("table: {}", fault.what()));
  }
  calling(*model, "capacity");
  read_capacity(model->functions, model->self, model->description.info);
  slots_[step.slot % most_slots] = std::move(model);
}

void Player::load(const Step &step, Instance &model) {
  end_flights(model);
  const auto job = host_.open_load();
  Step treated;
  if (!model.loaded) treated.cancel_at = step.cancel_at;  // what is loaded is not loaded again
  const auto cancel = [&] {
    if (model.functions.cancel == nullptr) return;
    model.functions.cancel(model.self, job->number, PICTOR_ALL_REQUESTS);
  };
  const auto treatment = std::make_shared<Treatment>(treated, cancel);
  if (treated.cancel_at == 0u) job->cancelled = true;
  treatments_.add(job->number, treatment);
  calling(model, "load");
  const pictor_error_sink sink = ++last_sink_;
  const pictor_status status = model.functions.load(model.self, job->number, sink);
  {
    const std::lock_guard lock(job->mutex);
    job->closed = true;
  }
  treatments_.remove(job->number);
  treatment->stop();
  require_status(status, job->cancelled, sink);
  if (model.loaded && status != PICTOR_OK) fail("again: load of a model that is loaded fails");
  model.loaded = status == PICTOR_OK;
}

void Player::check_name(Instance &model) {
  calling(model, "model_name");
  try {
    required_text(model.functions.model_name(model.self), "model_name");
  } catch (const ContractFault &fault) {
    fail(fmt::format("name: {}", fault.what()));
  }
}

void Player::check_extensions(Instance &model) {
  calling(model, "get_extension");
  if (model.functions.get_extension(model.self, unknown_extension) != nullptr ||
      functions_.get_extension(functions_.self, unknown_extension) != nullptr) {
    fail("extension: one that nobody knows is there");
  }
}

void Player::check_metadata() {
  host_.calling(fmt::format("{}: the metadata functions", step_));
  if (check::metadata_text(functions_) != metadata_) fail("metadata: it is another than before");
}

void Player::validate(const Step &step, Instance &model) {
  if (model.functions.validate == nullptr || step.requests.empty()) return;
  const Wanted &wanted = step.requests.front();
  ModelRequest request;
  for (unsigned i = 0; i < wanted.times; ++i) request.prompt += wanted.prompt;
  request.seeds = wanted.seeds;
  request.parameters = complete(model.description, ParameterScope::request, wanted.parameters);
  const RequestBlock block(model.description.parameters, std::move(request));
  calling(model, "validate");
  const pictor_error_sink sink = ++last_sink_;
  require_status(model.functions.validate(model.self, &block.abi(), sink), false, sink);
}

void Player::cancel(const Step &step, Instance &model) {
  if (model.functions.cancel == nullptr) return;
  pictor_job job = PICTOR_ALL_JOBS;
  std::uint32_t request = PICTOR_ALL_REQUESTS;
  if (step.request) {
    job = last_job_;  // it may have ended
    if (!model.flights.empty()) {
      Flight &flight = *model.flights.back();
      job = flight.job->number;
      flight.cancel_asked = true;
      if (*step.request < flight.requests.size()) {
        request = *step.request;
      } else {
        flight.job->cancelled = true;
      }
    }
  } else {
    for (const auto &flight : model.flights) {
      flight->cancel_asked = true;
      flight->job->cancelled = true;
    }
  }
  calling(model, "cancel");
  model.functions.cancel(model.self, job, request);
}

void Player::unload(Instance &model) {
  end_flights(model);
  calling(model, "unload");
  const pictor_status status = model.functions.unload(model.self);
  if (status != PICTOR_OK) fail(fmt::format("status: unload returned {}", status_name(status)));
  model.loaded = false;
}

void Player::destroy(std::unique_ptr<Instance> &slot) {
  end_flights(*slot);
  calling(*slot, "destroy");
  slot->functions.destroy(slot->self);
  slot.reset();
}

void Player::calling(const Instance &model, std::string_view function) {
  host_.calling(fmt::format("{}: {} of model '{}'", step_, function, model.description.info.id));
}

void Player::require_status(pictor_status status, bool cancel_asked, pictor_error_sink sink) {
  if (const auto fault = Judge::status_fault(status, cancel_asked, host_.reason_of(sink))) {
    fail(*fault);
  }
}

void Player::require_no_breach() {
  for (const check::Rule rule :
       {check::Rule::terminal, check::Rule::image, check::Rule::progress}) {
    const std::vector<std::string> breaches = host_.breaches(rule);
    if (!breaches.empty()) fail(fmt::format("contract: {}", breaches.front()));
  }
}

void Player::fail(const std::string &text) {
  tell_broken(fmt::format("{} ({})", text, step_));
}

void Player::tell_broken(const std::string &text) {
  context_.findings.fail(text);
  throw Broken{};
}

}  // namespace pictor::host::fuzz
