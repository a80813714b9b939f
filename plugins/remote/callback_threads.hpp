#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pictor::remote {

// A few threads that run callbacks in the order they came. What a callback throws is logged.
class CallbackThreads {
 public:
  explicit CallbackThreads(std::uint32_t count);
  ~CallbackThreads() { finish(); }
  CallbackThreads(const CallbackThreads &) = delete;
  CallbackThreads &operator=(const CallbackThreads &) = delete;

  // After finish() it runs on the caller's thread.
  void run(std::function<void()> callback);
  // Runs what was given, and what that gives in its turn, and ends the threads.
  void finish();

 private:
  void work();
  static void run_one(const std::function<void()> &callback);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  bool finished_ = false;
  std::vector<std::thread> threads_;
};

// A thread that no signal interrupts: those are the host's, and a closed TLS connection must not
// raise SIGPIPE.
std::thread thread_without_signals(std::function<void()> body);

}  // namespace pictor::remote
