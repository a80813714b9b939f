#include "ledger/lock.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace pictor::host {

namespace {

// Twice: lock_holder() has the lock for a moment, and that is nobody's run.
bool lock_exclusively(int descriptor, const FolderLock::Flock &flock) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return flock(descriptor, LOCK_EX | LOCK_NB) == 0;
}

std::string holder(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), size) : "another process";
}

// What says that the file system, not another process, is the reason.
bool knows_no_locks(int error_number) {
  return error_number == ENOLCK || error_number == ENOSYS || error_number == EOPNOTSUPP ||
         error_number == EINVAL;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path &file, const std::string &what,
                       const Flock &flock_instead)
    : descriptor_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) {
    throw Error(fmt::format("{}: {}", file.string(), std::strerror(errno)),
                "the output folder must be writable");
  }
  if (!lock_exclusively(descriptor_, flock_instead ? flock_instead : ::flock)) {
    const int reason = errno;
    const std::string who = reason == EWOULDBLOCK ? holder(descriptor_) : "";
    close(descriptor_);
    descriptor_ = -1;
    if (reason == EWOULDBLOCK) {
      throw Error(fmt::format("{} is in use by {}", what, who),
                  "wait for it to end, or choose another output folder");
    }
    if (!knows_no_locks(reason)) {
      throw Error(fmt::format("{}: cannot be locked: {}", file.string(), std::strerror(reason)),
                  "use an output folder on a disk of this machine");
    }
    instead_ = std::make_unique<LockFile>(file.string() + ".held", what);
    return;
  }
  const std::string owner = words_for(this_process());
  // The name only serves the message above: a disk too full for it does not stop the run.
  if (ftruncate(descriptor_, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(descriptor_, owner.data(), owner.size(), 0);
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string lock_holder(const std::filesystem::path &file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return "";
  const bool held = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  std::string who = held ? holder(descriptor) : "";
  close(descriptor);
  return who;
}

}  // namespace pictor::host
