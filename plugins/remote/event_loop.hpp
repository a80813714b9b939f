#pragma once

#include "remote/callback_threads.hpp"
#include "remote/http_client.hpp"
#include "remote/transfer.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace pictor::remote {

// The thread that moves all bytes, with libcurl's multi interface. Others only leave wishes.
class HttpClient::Loop {
 public:
  using Clock = Transfer::Clock;

  struct Timer {
    Clock::time_point due;
    std::function<void()> then;
    std::function<bool()> cancelled;
  };

  explicit Loop(ClientOptions options);
  ~Loop();
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  void send(std::shared_ptr<Transfer> transfer);
  void after(Timer timer);
  void check_cancelled();
  // Ends what is in flight, and returns when no callback runs any more. Once.
  void finish();

 private:
  // What others want of the loop's thread.
  struct Wishes {
    std::vector<std::shared_ptr<Transfer>> transfers;
    std::vector<Timer> timers;
    bool check = false;
    bool end = false;
  };

  void run();
  // Leaves a wish; false when the loop has ended.
  template <typename Wish>
  bool leave(Wish wish);
  void start(const std::shared_ptr<Transfer> &transfer);
  void start_hop(void *easy, const std::shared_ptr<Transfer> &transfer);
  void cancel(const std::shared_ptr<Transfer> &transfer);
  void collect_ended();
  void look_around(Clock::time_point now, bool ask);
  void run_timers(Clock::time_point now, bool ask);
  int milliseconds_to_wait(Clock::time_point now) const;
  void finish_transfer(void *easy, const std::shared_ptr<Transfer> &transfer);
  void end_all();

  const ClientOptions options_;
  CallbackThreads callbacks_;
  void *multi_ = nullptr;
  void *share_ = nullptr;  // TLS sessions

  std::mutex mutex_;
  Wishes wishes_;
  bool woken_ = false;  // a wake-up is under way for what stands in wishes_
  bool ended_ = false;

  // Of the loop's thread.
  std::unordered_map<void *, std::shared_ptr<Transfer>> running_;
  std::vector<Timer> timers_;
  std::vector<void *> idle_;
  Clock::time_point next_look_{};
  std::thread thread_;
};

}  // namespace pictor::remote
