#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::host {

// A file of a repository on the Hub.
struct HubFile {
  std::string path;  // "unet/config.json"
  std::string etag;  // its name in the cache: the SHA-256 of large files, git's SHA-1 of others
  std::uint64_t size = 0;  // bytes

  bool is_large() const { return etag.size() == 64; }
};

// A repository at one commit.
struct HubRepository {
  std::string commit;  // 40 hex digits
  std::vector<HubFile> files;
};

// Reads the Hub's answer about a repository, asked for with blobs. Throws Error for one that would
// lead out of the cache's folder, or that lacks what is needed.
HubRepository read_hub_repository(const Json &answer);

// Which files to take. Weights are safetensors only: pickles can run code.
struct HubFileChoice {
  std::string variant;               // "fp16": those weights, where a folder has them
  std::vector<std::string> include;  // patterns with * and ?; empty: what drawing needs
};

// The files to take, in the repository's order. Without patterns these are configurations,
// tokenizers and, of each folder, one set of weights; of a model in the diffusers layout not the
// single files at its top, and not the safety checker's weights, which are not run here. Throws
// Error when that is nothing.
std::vector<HubFile> choose_hub_files(const HubRepository &repository, const HubFileChoice &choice);

}  // namespace pictor::host
