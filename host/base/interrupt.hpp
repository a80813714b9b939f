#pragma once

#include <functional>
#include <memory>

namespace pictor::host {

enum class InterruptLevel {
  none,
  drain,  // take no new work, let what runs finish
  stop,   // end at once
};

// Turns SIGINT, SIGTERM and SIGUSR1 (which batch systems send before time is up), in any mixture,
// into a level: the first signal drains, the second stops, a third kills
// the process as if nobody listened. At most one object at a time; the handlers that were there
// before come back at its end. Threads made while it lives may get the signals too.
class Interrupt {
 public:
  // `changed` is called with each new level, on a thread of this object's own, so it may take locks
  // and wake others. Throws Error when the system refuses.
  explicit Interrupt(std::function<void(InterruptLevel)> changed = {});
  ~Interrupt();
  Interrupt(const Interrupt &) = delete;
  Interrupt &operator=(const Interrupt &) = delete;

  InterruptLevel level() const noexcept;  // [any thread]

 private:
  struct Watch;
  std::unique_ptr<Watch> watch_;
};

}  // namespace pictor::host
