#pragma once

#include "cli/hub_client.hpp"
#include "cli/hub_files.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace pictor::host {

// A repository's folder in the cache, in huggingface_hub's layout: blobs/ETAG holds a file once,
// snapshots/COMMIT/PATH links to it, refs/REVISION holds a commit. Every tool built on
// huggingface_hub reads it.
class HubDownload {
 public:
  // Makes the folder. `settings` and `client` must outlive this.
  HubDownload(const HubSettings &settings, HubClient &client, std::string repository);

  // Whether the whole file is there, perhaps for another commit.
  bool has(const HubFile &file) const;

  // Brings a file into blobs/, going on where an earlier try ended, and links it into the snapshot.
  // `progress` hears of the file's bytes that are there. Throws Error when its checksum is wrong;
  // nothing of the file is kept then.
  void fetch(const HubFile &file, const std::string &commit,
             const std::function<void(std::uint64_t bytes)> &progress);

  // Lets `revision` mean `commit`; the last step of a download, so that what it names is whole.
  void set_revision(const std::string &revision, const std::string &commit) const;

  std::filesystem::path snapshot(const std::string &commit) const;

 private:
  void complete(const HubFile &file, const std::string &commit,
                const std::function<void(std::uint64_t bytes)> &progress);
  void link(const HubFile &file, const std::string &commit) const;
  std::filesystem::path blob(const HubFile &file) const;

  const HubSettings &settings_;
  HubClient &client_;
  std::string repository_;
  std::filesystem::path folder_;
};

}  // namespace pictor::host
