#pragma once

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "run/request.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// "Pictor 0.1.0"
std::string program_version();

// The files that a dataset has besides its pictures, all made from the ledger and the job:
// metadata.jsonl, README.md, job.yaml, gallery.html.
std::vector<std::filesystem::path> dataset_files(const std::filesystem::path &output_dir,
                                                 const std::string &split);

// Writes metadata.jsonl, README.md and job.yaml, each replaced as a whole. Throws Error.
void write_dataset_files(const Ledger &ledger, const Config &config,
                         std::span<const RunModel> models, std::uint64_t rows);

// Writes metadata.jsonl alone. Throws Error.
void write_dataset_metadata(const Ledger &ledger, const std::filesystem::path &split_folder);

// Writes gallery.html: every sample that the ledger of that folder knows. Works beside a running
// job. Returns the page's path. Throws Error.
std::filesystem::path write_dataset_gallery(const std::filesystem::path &output_dir);

}  // namespace pictor::host
