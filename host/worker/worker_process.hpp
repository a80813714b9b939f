#pragma once

#include "base/json.hpp"
#include "base/spawn.hpp"
#include "worker/channel.hpp"
#include "worker/task_queue.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace pictor::host::worker {

class WorkerProcess;

// Who uses a worker process, and hears of it.
class WorkerOwner {
 public:
  virtual ~WorkerOwner() = default;
  // A question, on a thread where it may wait; what it returns is the answer.
  virtual Json asked(const Json &question, std::vector<Descriptor> files) = 0;
  // In the order in which it was told. Must not wait.
  virtual void told(const Json &message) = 0;
  // A line that the plugin printed.
  virtual void printed(const std::string &line) = 0;
  // Every now and then, on the thread that hears the worker.
  virtual void tick(WorkerProcess &process) = 0;
  // Whether work is open that the worker must show signs of.
  virtual bool expects_signs() const = 0;
  // Once: the process is gone, everything it had said was heard, and no call of it has returned yet
  // that it left without an answer.
  virtual void died(const std::string &reason) = 0;
};

// A child process that runs a plugin, and the calls into it. Every function may be called from any
// thread.
class WorkerProcess {
 public:
  // A worker that is expected to show signs and shows none for `patience` is killed. Throws Error
  // when no process can be started.
  WorkerProcess(WorkerOwner &owner, std::string name, std::chrono::milliseconds patience);
  ~WorkerProcess();  // kills it; not from a thread of its own

  // Waits for the answer; nothing when the process is gone before. Kills it when there is none
  // within `limit`; 0: none.
  std::optional<Json> call(Json call, std::chrono::milliseconds limit = {});
  // Without an answer.
  void tell(const Json &message) { channel_->send(message); }

  bool is_alive() const { return !dead_; }
  // Kills it.
  void stop(const std::string &reason);

 private:
  using Clock = std::chrono::steady_clock;

  void start();
  void attend();
  bool hear();
  void hear_print();
  void watch();
  void kill_it(const std::string &reason);
  void bury();

  WorkerOwner &owner_;
  const std::string name_;
  const std::chrono::milliseconds patience_;
  std::optional<Channel> channel_;
  Descriptor printed_;
  Spawned process_;
  TaskThreads services_;
  std::atomic<bool> dead_{false};
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::promise<std::optional<Json>>> calls_;
  std::uint64_t next_call_ = 0;
  Clock::time_point last_sign_;
  std::string killed_because_;
  std::string line_, last_line_;  // of what it prints
  std::promise<void> started_;
  std::thread thread_;  // starts the process, which ends with it, and hears it
};

}  // namespace pictor::host::worker
