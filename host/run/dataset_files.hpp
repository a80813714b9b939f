#pragma once

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "output/dataset_card.hpp"
#include "run/failures_file.hpp"
#include "run/request.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// "Pictor 0.1.0"
std::string program_version();

// The files that a dataset has besides its pictures, all made from the ledger and the job:
// metadata.jsonl, README.md, job.yaml, gallery.html, failures.jsonl.
std::vector<std::filesystem::path> dataset_files(const std::filesystem::path &output_dir,
                                                 const std::string &split);

// Writes what lists the samples: metadata.jsonl, unless they are in shards that tell of themselves,
// and failures.jsonl. Throws Error.
void write_listings(const Ledger &ledger, const std::filesystem::path &output_dir,
                    const LineOfRow &line_of);

// What those files say of the job beyond what the ledger knows.
struct DatasetFacts {
  std::uint64_t rows = 0;
  std::vector<CardModel> models;  // without model_name, which the pictures' ends tell
  std::string job_yaml;
};

DatasetFacts dataset_facts(const Config &config, std::span<const RunModel> models,
                           std::uint64_t rows);
// As a shard keeps them for the merge. from_json throws Error for what to_json cannot have written.
Json to_json(const DatasetFacts &facts);
DatasetFacts dataset_facts_from_json(const Json &json);

// Writes the listings, README.md and job.yaml, each replaced as a whole. Throws Error.
void write_dataset_files(const Ledger &ledger, const std::filesystem::path &output_dir,
                         const DatasetFacts &facts, const LineOfRow &line_of);

// Writes gallery.html: every sample that the ledger of that folder knows. Works beside a running
// job. Returns the page's path. Throws Error.
std::filesystem::path write_dataset_gallery(const std::filesystem::path &output_dir);

}  // namespace pictor::host
