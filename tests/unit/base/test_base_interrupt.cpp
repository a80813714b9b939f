#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "support/catch.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <vector>

using namespace pictor::host;

namespace {

// Waits until as many levels were told as asked for; a level that never comes hangs the test, which
// ctest ends.
class Levels {
 public:
  void add(InterruptLevel level) {
    const std::lock_guard lock(mutex_);
    levels_.push_back(level);
    more_.notify_all();
  }
  std::vector<InterruptLevel> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [&] { return levels_.size() >= count; });
    return levels_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<InterruptLevel> levels_;
};

}  // namespace

TEST_CASE("the first signal drains, the second stops") {
  Levels levels;
  const Interrupt interrupt([&](InterruptLevel level) { levels.add(level); });
  CHECK(interrupt.level() == InterruptLevel::none);
  raise(SIGTERM);
  CHECK(interrupt.level() == InterruptLevel::drain);
  CHECK(levels.wait_for(1) == std::vector{InterruptLevel::drain});
  raise(SIGINT);
  CHECK(interrupt.level() == InterruptLevel::stop);
  CHECK(levels.wait_for(2) == std::vector{InterruptLevel::drain, InterruptLevel::stop});
}

TEST_CASE("the signal of a batch system drains like the others, and counts with them") {
  const Interrupt interrupt;
  raise(SIGUSR1);
  CHECK(interrupt.level() == InterruptLevel::drain);
  raise(SIGTERM);
  CHECK(interrupt.level() == InterruptLevel::stop);
}

TEST_CASE("an interrupt starts afresh and puts the handlers back") {
  struct sigaction before {};
  sigaction(SIGINT, nullptr, &before);
  {
    const Interrupt interrupt;
    CHECK(interrupt.level() == InterruptLevel::none);
    CHECK_THROWS_AS(Interrupt(), Error);
    raise(SIGINT);
    CHECK(interrupt.level() == InterruptLevel::drain);
  }
  struct sigaction after {};
  sigaction(SIGINT, nullptr, &after);
  CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE("a third signal kills as if nobody listened") {
  const pid_t child = fork();
  if (child == 0) {
    const Interrupt interrupt;
    for (int i = 0; i < 3; ++i) raise(SIGTERM);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
}
