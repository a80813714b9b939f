#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace pictor::host {

// A process, told apart from every other one, also from a later one with the same number.
struct ProcessIdentity {
  std::string host;
  std::string boot;  // of that host; empty: not known
  std::int64_t pid = 0;
  std::uint64_t started_at = 0;  // in ticks since the boot; 0: not known
  std::string since;             // the same for people, "2024-05-01 10:00:00 UTC"

  bool operator==(const ProcessIdentity &) const = default;
};

ProcessIdentity this_process();
// "process 4711 on host atelier since 2024-05-01 10:00:00 UTC"
std::string words_for(const ProcessIdentity &process);

// A lock for file systems that know none: a file that exists as long as its holder works, and tells
// who that is. A holder that died on this machine is recognised and its lock taken over; of another
// machine's holder nothing can be known.
class LockFile {
 public:
  // `what`: what is locked, for messages. Throws Error that names the holder and, where it may be
  // dead, how to free the lock.
  LockFile(std::filesystem::path file, const std::string &what,
           const ProcessIdentity &self = this_process());
  ~LockFile();
  LockFile(const LockFile &) = delete;
  LockFile &operator=(const LockFile &) = delete;

 private:
  std::filesystem::path file_;
  ProcessIdentity self_;
};

}  // namespace pictor::host
