#include "check/life_checks.hpp"
#include "check/live_model.hpp"
#include "check/sample_values.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace pictor::host::check {

namespace {

constexpr const char *canary_name = "PICTOR_CHECK_CANARY";
constexpr const char *canary = "canary-5b0c1e9d2f";

// A value that the spec forbids, of the right type; nothing where everything is allowed.
std::optional<Json> forbidden_value(const ParameterSpec &spec) {
  switch (spec.type) {
    case ParameterType::integer:
      if (spec.minimum) return static_cast<std::int64_t>(*spec.minimum) - 1;
      if (spec.maximum) return static_cast<std::int64_t>(*spec.maximum) + 1;
      return std::nullopt;
    case ParameterType::number:
      if (spec.minimum) return *spec.minimum - 1;
      if (spec.maximum) return *spec.maximum + 1;
      return std::nullopt;
    case ParameterType::choice:
      if (spec.open_choices) return std::nullopt;
      return Json("none of the choices");
    default:
      return std::nullopt;
  }
}

// Whether a refusal tells its reason, and names a parameter that there is.
void check_reason(Context &context, const LiveModel &model, const PluginError &why,
                  const std::string &what) {
  if (why.message.empty()) {
    context.findings.fail(fmt::format("{}: it refuses without a reason", what));
  }
  if (why.param_id.empty()) return;
  if (find_spec(model.description().parameters, why.param_id) != nullptr) return;
  context.findings.fail(fmt::format("{}: the reason names the parameter '{}', which there is not",
                                    what, why.param_id));
}

void draw_forbidden(Context &context, LiveModel &model, const Row &row, const std::string &what) {
  const Drawn drawn = model.draw({row}, what);
  require_ends(drawn);
  if (!drawn.refused()) return;
  const PluginError &why =
      drawn.returned != PICTOR_OK ? drawn.reason : drawn.job->requests[0].error;
  check_reason(context, model, why, what);
}

// Everything of a plugin's that people may read.
class Publications {
 public:
  explicit Publications(const RecordingHost &host) : host_(host) {}

  void add(const std::string &where, const std::string &text) { all_.emplace_back(where, text); }
  void add(const Drawn &drawn) {
    add("a reason", drawn.words());
    const SeenImage *image = drawn.image();
    if (image == nullptr) return;
    add("a picture's metadata", json_line(image->meta.extra));
    add("revised_prompt", image->meta.revised_prompt);
    add("model_version", image->meta.model_version);
    add("finish_reason", image->meta.finish_reason);
  }
  void search(Context &context) {
    for (const std::string &line : host_.log_lines()) add("the log", line);
    for (const auto &[where, text] : all_) {
      if (text.find(canary) == std::string::npos) continue;
      context.findings.fail(fmt::format("the secret's value stands in {}", where));
    }
  }

 private:
  const RecordingHost &host_;
  std::vector<std::pair<std::string, std::string>> all_;
};

Subject with_canaries(const Subject &subject, const OpenPlugin &plugin) {
  Subject changed = subject;
  for (const ModelDescription &model : plugin.models) {
    for (const ParameterSpec &spec : model.parameters) {
      if (spec.type == ParameterType::secret) changed.parameters[spec.id] = canary_name;
    }
  }
  return changed;
}

bool has_secret(const OpenPlugin &plugin) {
  for (const ModelDescription &model : plugin.models) {
    for (const ParameterSpec &spec : model.parameters) {
      if (spec.type == ParameterType::secret) return true;
    }
  }
  return false;
}

}  // namespace

void life_refusals(Context &context) {
  bool any = false;
  with_models(context, Ready::loaded, [&](LiveModel &model) {
    std::vector<std::pair<std::string, Json>> forbidden;
    for (const ParameterSpec &spec : model.description().parameters) {
      if (spec.scope != ParameterScope::request) continue;
      if (const auto value = forbidden_value(spec)) forbidden.emplace_back(spec.id, *value);
    }
    any = any || !forbidden.empty();
    std::size_t tried = 0;
    for (; tried < forbidden.size() && !context.is_late(); ++tried) {
      const auto &[id, value] = forbidden[tried];
      Row row = model.small_row();
      row.parameters[id] = value;
      draw_forbidden(context, model, row, fmt::format("{} = {}", id, value.dump()));
    }
    context.tell_untried(tried, forbidden.size(), "values");
  });
  if (!any) throw Skip{"no request parameter forbids a value"};
}

void life_secrets(Context &context) {
  setenv(canary_name, canary, 1);
  auto *host = new RecordingHost(context.findings);
  const OpenPlugin plugin = open_plugin(context);
  if (!has_secret(plugin)) throw Skip{"it has no secret"};
  const Subject subject = with_canaries(context.subject, plugin);
  Context secretive{subject, context.findings};
  initialise(context, plugin.functions, host->table());
  Publications published(*host);
  run_models(secretive, *host, plugin, Ready::created, [&](LiveModel &model) {
    PluginError reason;
    const bool loaded = model.try_load(reason) == PICTOR_OK;
    published.add("a reason of load", reason.message);
    model.host().calling("model_name");
    published.add("model_name", model.functions().model_name(model.self()));
    if (loaded && model.may_draw()) published.add(model.draw({model.small_row()}));
  });
  published.search(context);
}

}  // namespace pictor::host::check
