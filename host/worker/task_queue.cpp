#include "worker/task_queue.hpp"

#include <utility>

namespace pictor::host::worker {

void TaskQueue::post(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  news_.notify_one();
}

void TaskQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++free_;
    news_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
    --free_;
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    ++running_;
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes without the lock
    lock.lock();
    if (--running_ == 0 && tasks_.empty()) idle_.notify_all();
  }
}

void TaskQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  news_.notify_all();
}

bool TaskQueue::is_behind() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size() > free_;
}

void TaskQueue::wait_until_idle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return tasks_.empty() && running_ == 0; });
}

TaskThreads::~TaskThreads() {
  queue_.close();
  for (std::thread &thread : threads_) thread.join();
}

void TaskThreads::post(TaskQueue::Task task) {
  queue_.post(std::move(task));
  const std::lock_guard lock(mutex_);
  if (threads_.size() < most_ && queue_.is_behind()) {
    threads_.emplace_back([this] { queue_.run(); });
  }
}

}  // namespace pictor::host::worker
