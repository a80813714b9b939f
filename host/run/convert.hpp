#pragma once

#include "output/webdataset.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace pictor::host {

// What a dataset is converted to.
struct ConvertTarget {
  std::string layout;            // imagefolder, webdataset or folder
  ShardLimits limits;            // webdataset
  std::string name;              // folder: the template; empty: what the dataset had before, if any
  std::string sidecar = "none";  // folder
};

struct Converted {
  std::uint64_t pictures = 0;
  bool job_file = true;  // false: the dataset had none that can be read, so the copy has none
};

// Makes a dataset of another layout from the one in `from`: the same bytes and the same ledger, so
// that all commands work on the copy, and converting it back gives the same files again. `to` must
// be empty or not there yet; it appears complete or not at all. Throws Error; a picture whose bytes
// are not those on record ends it.
Converted convert_dataset(const std::filesystem::path &from, const std::filesystem::path &to,
                          const ConvertTarget &target);

}  // namespace pictor::host
