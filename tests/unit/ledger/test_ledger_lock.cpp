#include "base/error.hpp"
#include "base/json.hpp"
#include "ledger/lock.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

int without_locks(int, int) {
  errno = ENOLCK;
  return -1;
}

std::string locking(const fs::path &file, const FolderLock::Flock &flock = without_locks) {
  try {
    const FolderLock lock(file, "out", flock);
    return "locked";
  } catch (const Error &error) {
    return std::string(error.what()) + " | " + error.hint();
  }
}

void leave(const TempDir &dir, const ProcessIdentity &holder) {
  dir.write("lock.held", Json{{"host", holder.host},
                              {"boot", holder.boot},
                              {"pid", holder.pid},
                              {"started_at", holder.started_at},
                              {"since", holder.since}}
                             .dump());
}

// The number of a process that has ended.
pid_t dead_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

}  // namespace

TEST_CASE("where the file system has no locks, a file keeps others out as long as it is held") {
  const TempDir dir;
  {
    const FolderLock lock(dir / "lock", "out", without_locks);
    const std::string message = locking(dir / "lock");
    CHECK_THAT(message, ContainsSubstring("out is in use by process " + std::to_string(getpid())));
    CHECK_THAT(message, ContainsSubstring("wait for it to end"));
  }
  CHECK_FALSE(fs::exists(dir / "lock.held"));
  CHECK(locking(dir / "lock") == "locked");
}

TEST_CASE("the lock file of a dead holder on this machine is taken over") {
  const TempDir dir;
  ProcessIdentity holder = this_process();
  SECTION("its number is free") {
    holder.pid = dead_process();
  }
  SECTION("its number belongs to a later process") {
    holder.started_at += 1;
  }
  SECTION("the machine was started again since") {
    holder.boot = "another boot";
  }
  leave(dir, holder);
  CHECK(locking(dir / "lock") == "locked");
  CHECK_FALSE(fs::exists(dir / "lock.held"));
  CHECK_FALSE(fs::exists(dir / "lock.held.takeover"));
}

TEST_CASE("the lock file of another machine stays, and how to remove it is said") {
  const TempDir dir;
  ProcessIdentity holder = this_process();
  holder.host = "elsewhere";
  holder.pid = dead_process();
  leave(dir, holder);
  const std::string message = locking(dir / "lock");
  CHECK_THAT(message, ContainsSubstring("on host elsewhere"));
  CHECK_THAT(message, ContainsSubstring("if you know that it is dead, remove " +
                                        (dir / "lock.held").string()));
  CHECK(fs::exists(dir / "lock.held"));
}

TEST_CASE("a lock file that cannot be read is nobody's to take") {
  const TempDir dir;
  dir.write("lock.held", "{\"host\":");
  CHECK_THAT(locking(dir / "lock"), ContainsSubstring("in use by another process"));
}

TEST_CASE("two that find a dead holder do not both follow it") {
  const TempDir dir;
  ProcessIdentity dead = this_process();
  dead.pid = dead_process();
  leave(dir, dead);
  fs::copy(dir / "lock.held", dir / "lock.held.takeover");
  CHECK_THAT(locking(dir / "lock"), ContainsSubstring("in use by"));
}

TEST_CASE("a disk that refuses a lock for another reason is named") {
  const TempDir dir;
  const auto broken = [](int, int) {
    errno = EIO;
    return -1;
  };
  CHECK_THAT(locking(dir / "lock", broken), ContainsSubstring("cannot be locked"));
}
