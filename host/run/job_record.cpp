#include "run/job_record.hpp"

#include "base/error.hpp"
#include "run/sink.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

constexpr const char *not_set = "not set";

// Parameters that say what is drawn, not how or on whose account.
Json pixel_parameters(const Parameters &values, const std::vector<ParameterSpec> &specs) {
  Json json = Json::object();
  for (const auto &[id, value] : values) {
    const ParameterSpec *spec = find_spec(specs, id);
    if (spec != nullptr && (spec->same_pixels || spec->type == ParameterType::secret)) continue;
    json[id] = value;
  }
  return json;
}

std::string shown(const Json &value) {
  return value.is_null() ? not_set : json_line(value);
}

Json member(const Json &object, const std::string &name) {
  return object.is_object() && object.contains(name) ? object[name] : Json();
}

class Comparison {
 public:
  void compare(const std::string &key, const Json &before, const Json &after) {
    if (before != after) changes.push_back({key, shown(before), shown(after)});
  }

  void compare_parameters(const std::string &key, const Json &before, const Json &after,
                          const std::vector<ParameterSpec> &specs) {
    for (const auto &[id, value] : after.items()) {
      const ParameterSpec *spec = find_spec(specs, id);
      const bool newcomer = !before.contains(id) && spec != nullptr && spec->default_value == value;
      if (!newcomer) compare(key + "." + id, member(before, id), value);
    }
    for (const auto &[id, value] : before.items()) {
      if (!after.contains(id)) compare(key + "." + id, value, Json());
    }
  }

  std::vector<ChangedSetting> changes;
};

// Shards may change their size from one to the next; what stands in them or how files are called
// may not.
void compare_sinks(Comparison &comparison, const Sink &before, const Sink &after) {
  const auto text = [](const std::string &value) { return value.empty() ? Json() : Json(value); };
  comparison.compare("job.output.layout", before.layout, after.layout);
  comparison.compare("job.output.name", text(before.name), text(after.name));
  comparison.compare("job.output.sidecar", before.sidecar, after.sidecar);
  comparison.compare("job.output.transcode", before.transcode, after.transcode);
}

}  // namespace

Json job_record(const Config &config, std::span<const RunModel> models,
                const FolderLayout &layout) {
  const OutputConfig &output = config.job.output;
  Json record = {{"seed", config.job.seed},
                 {"format", name_of(output.format)},
                 {"split", output.split},
                 {"layout", to_json(layout)},
                 {"models", Json::object()}};
  if (output.format != ImageFormat::png) record["quality"] = output.quality;
  add_to_record(sink_of(output), record);
  for (const RunModel &model : models) {
    record["models"][model.name] = {
        {"plugin", model.plugin},
        {"plugin_version", model.plugin_version},
        {"model_id", model.model_id},
        {"billed", model.billed},
        {"load", pixel_parameters(model.load, model.specs)},
        {"generation_kwargs", pixel_parameters(model.request, model.specs)}};
  }
  return record;
}

std::vector<ChangedSetting> changed_settings(const Json &before, const Json &after,
                                             std::span<const RunModel> models) {
  Comparison comparison;
  comparison.compare("job.seed", member(before, "seed"), after["seed"]);
  comparison.compare("job.output.format", member(before, "format"), after["format"]);
  comparison.compare("job.output.quality", member(before, "quality"), member(after, "quality"));
  comparison.compare("job.output.split", member(before, "split"), after["split"]);
  compare_sinks(comparison, recorded_sink(before), recorded_sink(after));
  for (const RunModel &model : models) {
    const Json old = member(member(before, "models"), model.name);
    if (old.is_null()) continue;
    const Json now = after["models"][model.name];
    const std::string key = "models." + model.name;
    comparison.compare(key + ".plugin", member(old, "plugin"), now["plugin"]);
    comparison.compare(key + ".model_id", member(old, "model_id"), now["model_id"]);
    comparison.compare_parameters(key, member(old, "load"), now["load"], model.specs);
    comparison.compare_parameters(key + ".generation_kwargs", member(old, "generation_kwargs"),
                                  now["generation_kwargs"], model.specs);
  }
  return comparison.changes;
}

bool has_ends(const Ledger &ledger) {
  bool any = false;
  ledger.for_each_outcome([&](const SampleKey &, Outcome) { any = true; });
  return any;
}

void refuse_changes(const std::filesystem::path &output_dir,
                    const std::vector<ChangedSetting> &changes, const std::string &hint) {
  std::string text = fmt::format("{} was made with other settings:", output_dir.string());
  for (const ChangedSetting &change : changes) {
    text += fmt::format("\n  {}: {} then, {} now", change.key, change.before, change.after);
  }
  throw Error(text, hint);
}

void keep_other_models(const Json &before, Json &after) {
  if (!before.contains("models")) return;
  for (const auto &[name, settings] : before["models"].items()) {
    if (!after["models"].contains(name)) after["models"][name] = settings;
  }
}

void refuse_changed_settings(const Ledger &ledger, const Config &config, const Json &after,
                             std::span<const RunModel> models) {
  const Json before = ledger.job();
  if (before.empty() || !has_ends(ledger)) return;
  const auto changes = changed_settings(before, after, models);
  if (changes.empty()) return;
  refuse_changes(config.job.output.dir, changes,
                 "set them back, give --overwrite to draw all of it again, or choose another "
                 "job.output.dir");
}

}  // namespace pictor::host
