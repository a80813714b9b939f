#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pictor::host::worker {

// Work for other threads, in order. A task must not throw.
class TaskQueue {
 public:
  using Task = std::function<void()>;

  void post(Task task);
  // Runs tasks until it is closed and none is left.
  void run();
  void close();

  // Whether a task waits that nobody is free to run.
  bool is_behind() const;
  // Returns when no task waits or runs. Nobody may post meanwhile.
  void wait_until_idle();

 private:
  mutable std::mutex mutex_;
  std::condition_variable news_, idle_;
  std::deque<Task> tasks_;
  std::size_t free_ = 0, running_ = 0;
  bool closed_ = false;
};

// A queue with threads of its own, as many as are needed at once, up to `most`. For tasks that
// wait: none of them waits for another one's turn before that.
class TaskThreads {
 public:
  explicit TaskThreads(std::size_t most) : most_(most) {}
  ~TaskThreads();  // after the last task

  void post(TaskQueue::Task task);
  void wait_until_idle() { queue_.wait_until_idle(); }

 private:
  const std::size_t most_;
  TaskQueue queue_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

}  // namespace pictor::host::worker
