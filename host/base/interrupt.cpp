#include "base/interrupt.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

namespace pictor::host {

namespace {

constexpr std::array signals = {SIGINT, SIGTERM, SIGUSR1};
constexpr char end_of_watch = 0;

// What the handler touches: lock-free atomics only.
std::atomic<int> signal_count{0};
std::atomic<int> wake_fd{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int) {
  const int saved_errno = errno;
  const int count = signal_count.fetch_add(1) + 1;
  if (count >= 2) {
    for (const int number : signals) signal(number, SIG_DFL);
  }
  const char level = count >= 2 ? 2 : 1;
  // A full pipe already holds a wake-up; nothing can be done about another failure here.
  [[maybe_unused]] const auto written = write(wake_fd.load(), &level, 1);
  errno = saved_errno;
}

InterruptLevel level_of(int count) {
  if (count == 0) return InterruptLevel::none;
  return count == 1 ? InterruptLevel::drain : InterruptLevel::stop;
}

}  // namespace

struct Interrupt::Watch {
  std::array<int, 2> pipe_fds{-1, -1};
  std::array<struct sigaction, signals.size()> before{};
  std::function<void(InterruptLevel)> changed;
  std::thread thread;

  ~Watch() {
    for (const int end : pipe_fds) {
      if (end >= 0) close(end);
    }
  }

  void listen() {
    char level = 0;
    for (;;) {
      const auto got = read(pipe_fds[0], &level, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got != 1 || level == end_of_watch) return;
      if (changed) changed(level_of(level));
    }
  }
};

Interrupt::Interrupt(std::function<void(InterruptLevel)> changed)
    : watch_(std::make_unique<Watch>()) {
  if (wake_fd.load() >= 0) throw Error("a second Interrupt was made", "", ExitCode::internal);
  if (pipe2(watch_->pipe_fds.data(), O_CLOEXEC) != 0) {
    throw Error(std::string("cannot listen for Ctrl-C: ") + std::strerror(errno), "",
                ExitCode::internal);
  }
  // Only the handler's end must never block.
  fcntl(watch_->pipe_fds[1], F_SETFL, O_NONBLOCK);
  watch_->changed = std::move(changed);
  watch_->thread = std::thread([watch = watch_.get()] { watch->listen(); });

  signal_count = 0;
  wake_fd = watch_->pipe_fds[1];
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int number : signals) sigaddset(&action.sa_mask, number);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals[i], &action, &watch_->before[i]);
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals[i], &watch_->before[i], nullptr);
  }
  const int fd = wake_fd.exchange(-1);
  // The byte must arrive, or the join would wait for ever.
  fcntl(fd, F_SETFL, 0);
  while (write(fd, &end_of_watch, 1) < 0 && errno == EINTR) {
  }
  watch_->thread.join();
}

InterruptLevel Interrupt::level() const noexcept {
  return level_of(signal_count.load());
}

}  // namespace pictor::host
