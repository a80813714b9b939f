#pragma once

#include "ledger/lock_file.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace pictor::host {

// Keeps other processes from writing to an output folder, or to what a shard has in it. Held until
// destroyed. The kernel frees the lock of a process that died, so there is nothing to clean up by
// hand; where the file system has no locks, a LockFile beside `file` takes its place.
class FolderLock {
 public:
  using Flock = std::function<int(int descriptor, int operation)>;  // flock(2)

  // `what`: what is locked, for messages. Throws Error naming the process that holds the lock, or
  // the reason why locking does not work here.
  FolderLock(const std::filesystem::path &file, const std::string &what, const Flock &flock = {});
  ~FolderLock();
  FolderLock(const FolderLock &) = delete;
  FolderLock &operator=(const FolderLock &) = delete;

 private:
  int descriptor_ = -1;
  std::unique_ptr<LockFile> instead_;
};

// Who holds that lock, in words; empty: nobody, or the file is not there.
std::string lock_holder(const std::filesystem::path &file);

}  // namespace pictor::host
