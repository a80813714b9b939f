#include "base/spawn.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>

extern char **environ;

namespace pictor::host {

namespace {

[[noreturn]] void refuse(const char *doing, int error_number) {
  throw Error(fmt::format("cannot {}: {}", doing, std::strerror(error_number)), "",
              ExitCode::internal);
}

class SpawnActions {
 public:
  SpawnActions() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnActions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnActions(const SpawnActions &) = delete;
  SpawnActions &operator=(const SpawnActions &) = delete;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

}  // namespace

std::pair<Descriptor, Descriptor> make_pipe(int above) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) refuse("make a pipe", errno);
  Descriptor out(ends[0]);
  const Descriptor low(ends[1]);
  Descriptor in(fcntl(low.get(), F_DUPFD_CLOEXEC, above + 1));
  if (!in) refuse("make a pipe", errno);
  return {std::move(out), std::move(in)};
}

Spawned spawn(const std::string &program, const std::vector<std::string> &arguments,
              std::span<const std::pair<int, int>> files) {
  SpawnActions actions;
  posix_spawn_file_actions_addopen(&actions.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  for (const auto &[ours, theirs] : files) {
    posix_spawn_file_actions_adddup2(&actions.files, ours, theirs);
  }
  posix_spawnattr_setpgroup(&actions.attributes, 0);
  posix_spawnattr_setflags(&actions.attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> copies = {program};
  copies.insert(copies.end(), arguments.begin(), arguments.end());
  std::vector<char *> argv;
  for (std::string &argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  Spawned process;
  const int failed = posix_spawn(&process.pid, program.c_str(), &actions.files, &actions.attributes,
                                 argv.data(), environ);
  if (failed != 0) refuse("start a process", failed);
  process.watch = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  if (!process.watch) {
    const int error_number = errno;
    end_process(process);
    refuse("watch a process", error_number);
  }
  return process;
}

Spawned spawn_self(const std::vector<std::string> &arguments,
                   std::span<const std::pair<int, int>> files) {
  return spawn("/proc/self/exe", arguments, files);
}

int end_process(const Spawned &process) {
  // Before it is reaped: until then the group's number is nobody else's.
  kill(-process.pid, SIGKILL);
  int status = 0;
  while (waitpid(process.pid, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

}  // namespace pictor::host
