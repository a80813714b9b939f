#pragma once

#include <memory>
#include <string_view>

namespace pictor::host {

// Holds, for its scope, what a plugin's static constructors and `init` change behind a host's back
// and puts it back at the end, with a warning that names it: this thread's floating-point
// environment (code built with -Ofast flushes denormals for everybody), the locale, the terminate
// handler, and what happens at SIGINT, SIGTERM and SIGPIPE.
class KeptProcessState {
 public:
  // `culprit` must outlive the object.
  explicit KeptProcessState(std::string_view culprit);
  ~KeptProcessState();
  KeptProcessState(const KeptProcessState &) = delete;
  KeptProcessState &operator=(const KeptProcessState &) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string_view culprit_;
};

}  // namespace pictor::host
