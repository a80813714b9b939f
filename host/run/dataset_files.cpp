#include "run/dataset_files.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "output/dataset_card.hpp"
#include "output/gallery.hpp"
#include "output/metadata_file.hpp"
#include "run/card_facts.hpp"
#include "run/gallery_entries.hpp"
#include "run/sink.hpp"
#include "run/stored_pictures.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

void write_metadata(const Ledger &ledger, const fs::path &split_folder) {
  write_metadata_file(split_folder / "metadata.jsonl", [&](const RecordVisitor &visit) {
    ledger.for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      visit(metadata_of(end));
    });
  });
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

}  // namespace

std::string program_version() {
  return "Pictor " PICTOR_VERSION;
}

std::vector<fs::path> dataset_files(const fs::path &output_dir, const std::string &split) {
  return {output_dir / split / "metadata.jsonl", output_dir / "README.md", output_dir / "job.yaml",
          output_dir / "gallery.html", failures_file(output_dir)};
}

void write_listings(const Ledger &ledger, const fs::path &output_dir, const LineOfRow &line_of) {
  const Json job = ledger.job();
  const fs::path split_folder = output_dir / job.value("split", "train");
  make_directories(split_folder);
  if (!recorded_sink(job).sharded()) write_metadata(ledger, split_folder);
  write_failures(ledger, output_dir, line_of);
  sync_directory(split_folder);
}

DatasetFacts dataset_facts(const Config &config, std::span<const RunModel> models,
                           std::uint64_t rows) {
  return {rows, card_models(models), job_file(config, models)};
}

Json to_json(const DatasetFacts &facts) {
  Json json = {{"rows", facts.rows}, {"models", Json::array()}, {"job_yaml", facts.job_yaml}};
  for (const CardModel &model : facts.models) {
    json["models"].push_back({{"name", model.name},
                              {"plugin", model.plugin},
                              {"plugin_version", model.plugin_version},
                              {"parameters", model.parameters}});
  }
  return json;
}

DatasetFacts dataset_facts_from_json(const Json &json) try {
  DatasetFacts facts{json.at("rows"), {}, json.at("job_yaml")};
  for (const Json &model : json.at("models")) {
    facts.models.push_back({model.at("name"), "", model.at("plugin"), model.at("plugin_version"),
                            model.at("parameters")});
  }
  return facts;
} catch (const Json::exception &error) {
  throw Error(fmt::format("the ledger's record of the job is damaged: {}", error.what()));
}

void write_dataset_files(const Ledger &ledger, const fs::path &output_dir,
                         const DatasetFacts &dataset, const LineOfRow &line_of) {
  write_listings(ledger, output_dir, line_of);
  CardFacts facts = card_facts(ledger, output_dir);
  facts.rows = dataset.rows;
  describe_models(facts, dataset.models);
  write_file(output_dir / "README.md", dataset_card(facts));
  write_file(output_dir / "job.yaml", dataset.job_yaml);
  sync_directory(output_dir);
}

fs::path write_dataset_gallery(const fs::path &output_dir) {
  const Ledger ledger = Ledger::open_read_only(output_dir);
  StoredPictures pictures(output_dir, ledger);
  fs::path page = output_dir / "gallery.html";
  write_gallery(
      page, dataset_title(output_dir), program_version(),
      [&](const GalleryVisitor &visit) { visit_gallery_entries(ledger, pictures, visit); });
  return page;
}

}  // namespace pictor::host
