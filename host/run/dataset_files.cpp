#include "run/dataset_files.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "output/dataset_card.hpp"
#include "output/gallery.hpp"
#include "output/metadata_file.hpp"

#include <fmt/format.h>

#include <map>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t prompts_on_card = 5;

std::string title_of(const fs::path &output_dir) {
  const fs::path folder = output_dir.has_filename() ? output_dir : output_dir.parent_path();
  return valid_utf8(folder.filename().string());
}

void write_metadata(const Ledger &ledger, const fs::path &split_folder) {
  write_metadata_file(split_folder / "metadata.jsonl", [&](const RecordVisitor &visit) {
    ledger.for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      Json record = {{"file_name", end.file_name}};
      record.update(end.metadata);
      visit(record);
    });
  });
}

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

CardFacts card_facts(const Ledger &ledger, const fs::path &output_dir,
                     const DatasetFacts &dataset) {
  CardFacts facts;
  facts.title = title_of(output_dir);
  facts.version = program_version();
  facts.split = dataset.split;
  facts.rows = dataset.rows;
  facts.seed = dataset.seed;
  const std::vector<std::string> names = ledger.models();
  std::map<std::string, std::string> model_names;
  ledger.for_each_end([&](const SampleEnd &end) {
    ++facts.counts[static_cast<std::size_t>(end.outcome)];
    if (end.outcome != Outcome::ok) return;
    model_names.emplace(names.at(end.key.model), end.metadata.value("model_name", ""));
    const std::vector<std::string> &shown = facts.example_prompts;
    if (shown.size() < prompts_on_card && (shown.empty() || shown.back() != end.prompt)) {
      facts.example_prompts.push_back(end.prompt);
    }
  });
  facts.models = dataset.models;
  for (CardModel &model : facts.models) model.model_name = model_names[model.name];
  return facts;
}

// The resolved job, with what it cannot say in keys: which programs drew it.
std::string job_file(const Config &config, std::span<const RunModel> models) {
  std::string text =
      fmt::format("# The job that made this dataset, as {} read it.\n", program_version());
  for (const RunModel &model : models) {
    text += fmt::format("# {}: plugin {} {}", model.name, model.plugin, model.plugin_version);
    if (!model.plugin_file.empty()) {
      const std::string bytes = read_file(model.plugin_file);
      text += fmt::format(", sha256 {}", sha256_hex(bytes.data(), bytes.size()));
    }
    text += '\n';
  }
  return text + to_yaml(config);
}

GalleryEntry gallery_entry(const SampleEnd &end, const std::string &split) {
  GalleryEntry entry;
  entry.outcome = end.outcome;
  if (end.outcome == Outcome::ok) entry.file = split + "/" + end.file_name;
  if (end.failure) entry.message = end.failure->message;
  entry.prompt = end.prompt;
  entry.seed = end.seed;
  entry.sha256 = end.sha256;
  entry.settings = end.metadata;
  const auto size = [&](const char *name) {
    const auto found = end.metadata.find(name);
    return found != end.metadata.end() && found->is_number_unsigned() ? found->get<std::uint32_t>()
                                                                      : 0;
  };
  entry.width = size("width");
  entry.height = size("height");
  return entry;
}

}  // namespace

std::string program_version() {
  return "Pictor " PICTOR_VERSION;
}

std::vector<fs::path> dataset_files(const fs::path &output_dir, const std::string &split) {
  return {output_dir / split / "metadata.jsonl", output_dir / "README.md", output_dir / "job.yaml",
          output_dir / "gallery.html"};
}

DatasetFacts dataset_facts(const Config &config, std::span<const RunModel> models,
                           std::uint64_t rows) {
  DatasetFacts facts{config.job.output.split, config.job.seed, rows, {}, job_file(config, models)};
  for (const RunModel &model : models) {
    facts.models.push_back(
        {model.name, "", model.plugin, model.plugin_version, card_parameters(model)});
  }
  return facts;
}

Json to_json(const DatasetFacts &facts) {
  Json json = {{"split", facts.split},
               {"seed", facts.seed},
               {"rows", facts.rows},
               {"models", Json::array()},
               {"job_yaml", facts.job_yaml}};
  for (const CardModel &model : facts.models) {
    json["models"].push_back({{"name", model.name},
                              {"plugin", model.plugin},
                              {"plugin_version", model.plugin_version},
                              {"parameters", model.parameters}});
  }
  return json;
}

DatasetFacts dataset_facts_from_json(const Json &json) try {
  DatasetFacts facts{json.at("split"), json.at("seed"), json.at("rows"), {}, json.at("job_yaml")};
  for (const Json &model : json.at("models")) {
    facts.models.push_back({model.at("name"), "", model.at("plugin"), model.at("plugin_version"),
                            model.at("parameters")});
  }
  return facts;
} catch (const Json::exception &error) {
  throw Error(fmt::format("the ledger's record of the job is damaged: {}", error.what()));
}

void write_dataset_files(const Ledger &ledger, const fs::path &output_dir,
                         const DatasetFacts &facts) {
  const fs::path split_folder = output_dir / facts.split;
  make_directories(split_folder);
  write_metadata(ledger, split_folder);
  write_file(output_dir / "README.md", dataset_card(card_facts(ledger, output_dir, facts)));
  write_file(output_dir / "job.yaml", facts.job_yaml);
  sync_directory(split_folder);
  sync_directory(output_dir);
}

void write_dataset_files(const Ledger &ledger, const Config &config,
                         std::span<const RunModel> models, std::uint64_t rows) {
  write_dataset_files(ledger, config.job.output.dir, dataset_facts(config, models, rows));
}

fs::path write_dataset_gallery(const fs::path &output_dir) {
  const Ledger ledger = Ledger::open_read_only(output_dir);
  const std::string split = ledger.job().value("split", "train");
  fs::path page = output_dir / "gallery.html";
  write_gallery(page, title_of(output_dir), program_version(), [&](const GalleryVisitor &visit) {
    ledger.for_each_end([&](const SampleEnd &end) { visit(gallery_entry(end, split)); });
  });
  return page;
}

}  // namespace pictor::host
