#pragma once

#include <filesystem>
#include <string>

namespace pictor::host {

// Keeps other processes from writing to an output folder. Held until destroyed; the kernel frees
// the lock of a process that died, so there is nothing to clean up by hand.
class FolderLock {
 public:
  // Throws Error naming the process that holds the lock, or the reason why locking does not work
  // here.
  explicit FolderLock(const std::filesystem::path &file);
  ~FolderLock();
  FolderLock(const FolderLock &) = delete;
  FolderLock &operator=(const FolderLock &) = delete;

 private:
  int descriptor_ = -1;
};

// Who holds that lock, in words; empty: nobody, or the file is not there.
std::string lock_holder(const std::filesystem::path &file);

}  // namespace pictor::host
