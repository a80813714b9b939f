#pragma once

#include "base/json.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "output/sample_columns.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pictor::host {

// How a dataset keeps its pictures, as its ledger remembers it.
struct Sink {
  std::string layout = "imagefolder";
  std::string name;              // folder: the template; empty: as an imagefolder's
  std::string sidecar = "none";  // folder
  bool transcode = false;
  SampleColumns columns;  // webdataset, once a run began it

  bool sharded() const { return layout == "webdataset"; }
};

Sink sink_of(const OutputConfig &output);
// Part of a job's record: written under "sink", unless it is a plain imagefolder.
void add_to_record(const Sink &sink, Json &record);
// Of a job's record; a plain imagefolder when it does not say.
Sink recorded_sink(const Json &record);

// Where pictures wait for a shard.
std::filesystem::path spool_folder(const std::filesystem::path &output_dir);
// The file beside a picture, "fox_7.txt"; empty: none.
std::string sidecar_of(const Sink &sink, const std::string &file_name);
// What stands in it. `sidecar`: txt or json.
std::string sidecar_content(const std::string &sidecar, const SampleEnd &end);
// The line of metadata.jsonl that tells of a picture.
Json metadata_of(const SampleEnd &end);

}  // namespace pictor::host
