#include "run/card_facts.hpp"

#include "base/escape.hpp"
#include "output/webdataset.hpp"
#include "run/dataset_files.hpp"
#include "run/sink.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pictor::host {

namespace {

constexpr std::size_t prompts_on_card = 5;

Json card_parameters(const RunModel &model) {
  Json json = Json::object();
  for (const Parameters *values : {&model.load, &model.request}) {
    for (const auto &[id, value] : *values) {
      const ParameterSpec *spec = find_spec(model.specs, id);
      if (spec != nullptr && spec->type == ParameterType::secret) continue;
      json[id] = value;
    }
  }
  return json;
}

CardModel recorded_model(const std::string &name, const Json &settings) {
  CardModel model{name, "", settings.value("plugin", ""), settings.value("plugin_version", ""),
                  Json::object()};
  for (const char *scope : {"load", "generation_kwargs"}) {
    if (settings.contains(scope)) model.parameters.update(settings[scope]);
  }
  return model;
}

void add_ends(CardFacts &facts, const Ledger &ledger) {
  std::map<std::string, std::string> model_names;
  std::set<std::string> extensions;
  ledger.for_each_end([&](const SampleEnd &end) {
    ++facts.counts[static_cast<std::size_t>(end.outcome)];
    if (end.outcome != Outcome::ok) return;
    model_names.emplace(end.metadata.value("model", ""), end.metadata.value("model_name", ""));
    extensions.insert(end.file_name.substr(end.file_name.rfind('.') + 1));
    const std::vector<std::string> &shown = facts.example_prompts;
    if (shown.size() < prompts_on_card && (shown.empty() || shown.back() != end.prompt)) {
      facts.example_prompts.push_back(end.prompt);
    }
  });
  facts.extensions.assign(extensions.begin(), extensions.end());
  for (CardModel &model : facts.models) model.model_name = model_names[model.name];
}

}  // namespace

std::string dataset_title(const std::filesystem::path &output_dir) {
  const std::filesystem::path folder =
      output_dir.has_filename() ? output_dir : output_dir.parent_path();
  return valid_utf8(folder.filename().string());
}

CardFacts card_facts(const Ledger &ledger, const std::filesystem::path &output_dir) {
  const Json job = ledger.job();
  CardFacts facts;
  facts.title = dataset_title(output_dir);
  facts.version = program_version();
  facts.split = job.value("split", "train");
  facts.rows = ledger.rows().size();
  facts.seed = job.value("seed", std::uint64_t{0});
  const Sink sink = recorded_sink(job);
  facts.layout = sink.layout;
  facts.sidecar = sink.sidecar != "none";
  const Json models = job.value("models", Json::object());
  for (const auto &[name, settings] : models.items()) {
    facts.models.push_back(recorded_model(name, settings));
  }
  add_ends(facts, ledger);
  return facts;
}

std::vector<CardModel> card_models(std::span<const RunModel> models) {
  std::vector<CardModel> cards;
  for (const RunModel &model : models) {
    cards.push_back({model.name, "", model.plugin, model.plugin_version, card_parameters(model)});
  }
  return cards;
}

void describe_models(CardFacts &facts, std::vector<CardModel> models) {
  std::map<std::string, std::string> model_names;
  for (const CardModel &model : facts.models) model_names[model.name] = model.model_name;
  for (CardModel &model : models) model.model_name = model_names[model.name];
  facts.models = std::move(models);
}

}  // namespace pictor::host
