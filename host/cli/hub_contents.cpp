#include "cli/hub_contents.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <system_error>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view model_prefix = "models--";
constexpr std::uint64_t largest_ref = 4096;

std::string name_of(std::string folder) {
  folder.erase(0, model_prefix.size());
  if (const std::size_t dashes = folder.find("--"); dashes != folder.npos) {
    folder.replace(dashes, 2, "/");
  }
  return folder;
}

std::map<std::string, std::string> read_revisions(const fs::path &refs) {
  std::map<std::string, std::string> revisions;
  std::error_code error;
  for (fs::recursive_directory_iterator it(refs, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    try {
      std::string commit = read_file(it->path(), largest_ref);
      commit.erase(commit.find_last_not_of(" \r\n") + 1);
      revisions[it->path().lexically_relative(refs).string()] = commit;
    } catch (const Error &) {
      continue;  // not readable: not there
    }
  }
  return revisions;
}

std::uint64_t size_of_blobs(const fs::path &blobs) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator it(blobs, error), end; !error && it != end; it.increment(error)) {
    std::error_code none;
    const std::uint64_t size = it->file_size(none);
    if (!none) bytes += size;
  }
  return bytes;
}

}  // namespace

std::vector<CachedRepository> cached_repositories(const fs::path &cache) {
  std::vector<CachedRepository> found;
  std::error_code error;
  for (fs::directory_iterator it(cache, error), end; !error && it != end; it.increment(error)) {
    const std::string folder = it->path().filename().string();
    if (!folder.starts_with(model_prefix) || !it->is_directory(error)) continue;
    found.push_back({name_of(folder), read_revisions(it->path() / "refs"),
                     size_of_blobs(it->path() / "blobs"), it->path()});
  }
  std::sort(found.begin(), found.end(),
            [](const CachedRepository &a, const CachedRepository &b) { return a.name < b.name; });
  return found;
}

}  // namespace pictor::host
