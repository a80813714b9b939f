#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pictor::host {

// A repository in the Hugging Face cache.
struct CachedRepository {
  std::string name;                              // "owner/name"
  std::map<std::string, std::string> revisions;  // branches and tags, and the commits they mean
  std::uint64_t bytes = 0;                       // on disk, each file once
  std::filesystem::path folder;
};

// The models in a cache, by name. What cannot be read is left out; a cache that is not there is
// empty.
std::vector<CachedRepository> cached_repositories(const std::filesystem::path &cache);

}  // namespace pictor::host
