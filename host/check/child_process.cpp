#include "check/child_process.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

extern char **environ;

namespace pictor::host::check {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_told = 4 << 20;
constexpr std::size_t most_said = 4 << 10;

[[noreturn]] void refuse(const char *doing, int error_number) {
  throw Error(fmt::format("cannot {}: {}", doing, std::strerror(error_number)), "",
              ExitCode::internal);
}

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor out, in;

  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) refuse("make a pipe", errno);
    out = Descriptor(ends[0]);
    const Descriptor low(ends[1]);
    // Above the numbers that the child's own descriptors get, so that none is overwritten.
    in = Descriptor(fcntl(low.get(), F_DUPFD_CLOEXEC, channel + 1));
    if (in.get() < 0) refuse("make a pipe", errno);
    fcntl(out.get(), F_SETFL, O_NONBLOCK);
  }
};

// Everything that can be read now goes to the end of `text`; false at the end of the pipe.
bool take(int fd, std::string &text) {
  std::array<char, 8192> bytes;
  for (;;) {
    const auto got = read(fd, bytes.data(), bytes.size());
    if (got > 0) {
      text.append(bytes.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    return got < 0 && errno == EAGAIN;
  }
}

void keep_first(std::string &text, std::size_t most) {
  if (text.size() > most) text.resize(most);
}
void keep_last(std::string &text, std::size_t most) {
  if (text.size() > most) text.erase(0, text.size() - most);
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

pid_t spawn(const std::vector<std::string> &arguments, int told, int said) {
  SpawnActions actions;
  posix_spawn_file_actions_addopen(&actions.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.files, told, channel);
  posix_spawn_file_actions_adddup2(&actions.files, said, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.files, said, STDERR_FILENO);
  posix_spawnattr_setpgroup(&actions.attributes, 0);
  posix_spawnattr_setflags(&actions.attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char *> argv;
  std::string program = "/proc/self/exe";
  argv.push_back(program.data());
  std::vector<std::string> copies = arguments;
  for (std::string &argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      posix_spawn(&pid, program.c_str(), &actions.files, &actions.attributes, argv.data(), environ);
  if (failed != 0) refuse("start the process of a check", failed);
  return pid;
}

// Reads both pipes until the process has ended or the limit is over; whether it ended.
bool attend(int process, int told, int said, Clock::time_point limit, ChildEnd &end) {
  std::array<pollfd, 3> waited = {{{process, POLLIN, 0}, {told, POLLIN, 0}, {said, POLLIN, 0}}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - Clock::now()).count();
    const int ready = poll(waited.data(), waited.size(), static_cast<int>(std::max<long>(left, 0)));
    if (ready < 0 && errno != EINTR) refuse("wait for the process of a check", errno);
    if (ready == 0) return false;
    if (ready < 0) continue;
    if ((waited[1].revents != 0) && !take(told, end.told)) waited[1].fd = -1;
    if ((waited[2].revents != 0) && !take(said, end.said)) waited[2].fd = -1;
    keep_first(end.told, most_told);
    keep_last(end.said, most_said);
    // What it wrote before its end is in the pipes by then.
    if (waited[0].revents != 0 && waited[1].revents == 0 && waited[2].revents == 0) return true;
  }
}

}  // namespace

ChildEnd run_child(const std::vector<std::string> &arguments, std::chrono::milliseconds limit) {
  ChildEnd end;
  Pipe told, said;
  const pid_t pid = spawn(arguments, told.in.get(), said.in.get());
  told.in.close();
  said.in.close();
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (process.get() < 0) {
    kill(-pid, SIGKILL);
    refuse("watch the process of a check", errno);
  }
  end.in_time = attend(process.get(), told.out.get(), said.out.get(), Clock::now() + limit, end);
  // Before it is reaped: until then the group's number is nobody else's.
  kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) end.signal_number = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace pictor::host::check
