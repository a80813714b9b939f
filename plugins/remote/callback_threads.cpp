#include "remote/callback_threads.hpp"

#include <pictor/model.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <exception>
#include <string>

namespace pictor::remote {

CallbackThreads::CallbackThreads(std::uint32_t count) {
  for (std::uint32_t i = 0; i < std::max(count, 1u); ++i) {
    threads_.push_back(thread_without_signals([this] { work(); }));
  }
}

void CallbackThreads::finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread &thread : threads_) thread.join();
  threads_.clear();
  std::deque<std::function<void()>> left;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    left.swap(waiting_);
  }
  for (const auto &callback : left) run_one(callback);
}

void CallbackThreads::run(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!finished_) {
      waiting_.push_back(std::move(callback));
      changed_.notify_one();
      return;
    }
  }
  run_one(callback);
}

void CallbackThreads::run_one(const std::function<void()> &callback) {
  try {
    callback();
  } catch (const std::exception &error) {
    log(LogLevel::error, std::string("a callback of the HTTP client threw: ") + error.what());
  } catch (...) {
    log(LogLevel::error, "a callback of the HTTP client threw");
  }
}

void CallbackThreads::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::function<void()> callback = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    run_one(callback);
    callback = nullptr;  // what it holds ends outside the lock
    lock.lock();
  }
}

std::thread thread_without_signals(std::function<void()> body) {
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
    sigdelset(&blocked, fault);
  }
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  try {
    std::thread thread(std::move(body));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace pictor::remote
