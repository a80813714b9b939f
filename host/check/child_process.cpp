#include "check/child_process.hpp"

#include "base/error.hpp"
#include "base/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pictor::host::check {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_told = 4 << 20;
constexpr std::size_t most_said = 4 << 10;

[[noreturn]] void refuse(const char *doing, int error_number) {
  throw Error(fmt::format("cannot {}: {}", doing, std::strerror(error_number)), "",
              ExitCode::internal);
}

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
  auto [told, told_in] = make_pipe(channel);
  auto [said, said_in] = make_pipe(channel);
  for (const int end : {told.get(), said.get()}) fcntl(end, F_SETFL, O_NONBLOCK);
  const std::pair<int, int> files[] = {
      {told_in.get(), channel}, {said_in.get(), STDOUT_FILENO}, {said_in.get(), STDERR_FILENO}};
  const Spawned process = spawn_self(arguments, files);
  told_in.close();
  said_in.close();
  ChildEnd end;
  end.in_time = attend(process.watch.get(), told.get(), said.get(), Clock::now() + limit, end);
  const int status = end_process(process);
  if (WIFSIGNALED(status)) end.signal_number = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace pictor::host::check
