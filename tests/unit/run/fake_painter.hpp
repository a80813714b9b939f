#pragma once

#include "run/painter.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pictor::test {

// Lets threads wait for a moment of a test's choosing.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// What the painters of a test share, so that it outlives them.
struct Studio {
  // What happens to a prompt: ok (the default), silent (ends without a picture), half (its first
  // picture, then a failure), hold (waits for `gate`), endless (waits for a cancel), stop (a
  // failure that stops the model), broken (an exception), checkpoint (stores one, then ok), lost
  // (stores one, then transient), paid (stores one, then maybe_billed), parked (stores one, then
  // waits for a cancel), or the name of an outcome.
  std::map<std::string, std::string> behaviour;
  // What happens to the requests for a prompt one after the other, before its behaviour does; and
  // "locked out": a failure that stops the account.
  std::map<std::string, std::deque<std::string>> answers;
  std::int64_t retry_after_ms = -1;  // of rate_limited
  std::function<std::chrono::nanoseconds()> now = [] { return std::chrono::nanoseconds(0); };
  bool load_fails = false;
  bool billed = false;
  bool async = false;
  bool parks = false;
  std::uint32_t wanted_concurrency = 0;
  std::uint32_t max_batch = 1;
  std::uint32_t max_concurrency = 1;

  Gate gate;
  std::atomic<int> loads = 0, begun = 0, handed_over = 0, parked = 0, at_once = 0, most_at_once = 0;
  std::mutex mutex;
  std::vector<std::size_t> batches;                                     // sizes, in order
  std::map<std::string, std::string> checkpoints;                       // what came with a prompt
  std::vector<std::pair<std::string, std::chrono::nanoseconds>> asked;  // prompts, in order
  std::vector<std::int64_t> timeouts;
};

// Remembers the largest value that was seen.
inline void raise_to(std::atomic<int> &most, int value) {
  int known = most;
  while (known < value && !most.compare_exchange_weak(known, value)) {
  }
}

inline host::Picture tiny_picture() {
  static constexpr std::array<std::uint8_t, 3> red = {255, 0, 0};
  host::Picture picture;
  picture.data = host::SharedBytes(host::SharedBytes{}, red.data());
  picture.size = red.size();
  picture.width = picture.height = 1;
  picture.channels = 3;
  picture.stride_y = picture.stride_x = 3;
  picture.stride_c = 1;
  return picture;
}

class FakePainter final : public host::Painter {
 public:
  explicit FakePainter(Studio &studio) : studio_(studio) {
    info_.id = "fake";
    info_.sync = !studio.async;
    info_.async = studio.async;
    info_.billed = studio.billed;
    info_.parks = studio.parks;
    info_.wanted_concurrency = studio.wanted_concurrency;
    info_.max_batch = studio.max_batch;
    info_.max_concurrency = studio.max_concurrency;
  }
  ~FakePainter() override {
    cancelled_.open();
    for (std::thread &thread : threads_) thread.join();
  }

  const host::ModelInfo &info() const override { return info_; }
  std::string model_name() const override { return "fake/painter"; }

  std::optional<host::Failure> load(
      const std::function<void(double, const std::string &)> &progress,
      const std::function<bool()> &) override {
    ++studio_.loads;
    progress(0.5, "opening paints");
    if (!studio_.load_fails) return std::nullopt;
    return failure(host::Outcome::invalid, "no such paint");
  }

  void generate(std::vector<host::ModelRequest> requests,
                std::shared_ptr<host::ModelEvents> events) override {
    {
      const std::lock_guard lock(studio_.mutex);
      studio_.batches.push_back(requests.size());
      for (const auto &request : requests) {
        studio_.checkpoints[request.prompt] = request.checkpoint;
        studio_.asked.emplace_back(request.prompt, studio_.now());
        studio_.timeouts.push_back(request.timeout_ms);
      }
    }
    if (!studio_.async) return draw_all(requests, *events);
    raise_to(studio_.most_at_once, ++studio_.at_once);
    threads_.emplace_back([this, requests = std::move(requests), events = std::move(events)] {
      --studio_.at_once;  // before the end is told: the next one may come at once
      draw_all(requests, *events);
    });
  }
  void cancel() override { cancelled_.open(); }

 private:
  static host::Failure failure(host::Outcome outcome, const std::string &message) {
    host::Failure failure;
    failure.outcome = outcome;
    failure.stage = "generate";
    failure.message = message;
    return failure;
  }

  void draw_all(const std::vector<host::ModelRequest> &requests, host::ModelEvents &events) {
    for (std::uint32_t i = 0; i < requests.size(); ++i) {
      ++studio_.begun;
      draw(i, requests[i], events);
    }
  }

  void draw(std::uint32_t index, const host::ModelRequest &request, host::ModelEvents &events) {
    const std::string what = next_answer(request.prompt);
    if (what == "broken") throw std::runtime_error("the painter fell over");
    if (what == "hold") studio_.gate.wait();
    if (what == "silent") return events.ended(index, std::nullopt);
    if (what == "endless") {
      cancelled_.wait();
      return events.ended(index, failure(host::Outcome::cancelled, "cancelled"));
    }
    if (what == "stop" || what == "locked out") {
      host::Failure wrong_key = failure(host::Outcome::transient, "wrong key");
      wrong_key.stops_model = wrong_key.authentication = true;
      wrong_key.stops_pool = what == "locked out";
      return events.ended(index, wrong_key);
    }
    if (what == "checkpoint" || what == "lost" || what == "paid" || what == "parked") {
      events.checkpoint(index, "queue of " + request.prompt).wait();
    }
    if (what == "paid") return events.ended(index, failure(host::Outcome::maybe_billed, "cut off"));
    if (what == "parked") {
      ++studio_.parked;
      cancelled_.wait();
      return events.ended(index, failure(host::Outcome::cancelled, "cancelled"));
    }
    if (what == "lost") return events.ended(index, failure(host::Outcome::transient, "timeout"));
    if (const auto outcome = host::outcome_named(what); outcome && what != "ok") {
      host::Failure why = failure(*outcome, "it is " + what);
      if (*outcome == host::Outcome::rate_limited) why.retry_after_ms = studio_.retry_after_ms;
      return events.ended(index, why);
    }
    hand_over(index, what == "half" ? 1 : request.seeds.size(), events);
    if (what == "half") return events.ended(index, failure(host::Outcome::oom, "no memory"));
    events.ended(index, std::nullopt);
  }

  std::string next_answer(const std::string &prompt) {
    const std::lock_guard lock(studio_.mutex);
    if (auto &answers = studio_.answers[prompt]; !answers.empty()) {
      std::string next = answers.front();
      answers.pop_front();
      return next;
    }
    const auto found = studio_.behaviour.find(prompt);
    return found != studio_.behaviour.end() ? found->second : "ok";
  }

  void hand_over(std::uint32_t index, std::size_t pictures, host::ModelEvents &events) {
    for (std::uint32_t k = 0; k < pictures; ++k) {
      ++studio_.handed_over;
      events.progress(index, -1, k, static_cast<std::uint32_t>(pictures), "drawing");
      events.picture(index, k, tiny_picture(), {});
    }
  }

  Studio &studio_;
  host::ModelInfo info_;
  Gate cancelled_;
  std::vector<std::thread> threads_;
};

}  // namespace pictor::test
