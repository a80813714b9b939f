#pragma once

#include "ledger/ledger.hpp"
#include "plan/rate_report.hpp"
#include "run/bounded_queue.hpp"
#include "run/request.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pictor::host {

// What the other threads tell the one that owns plan and ledger.

struct ModelLoading {
  std::uint32_t model;
  double fraction;  // negative: not known
  std::string stage;
};
struct ModelLoaded {
  std::uint32_t model;
};
struct ModelNotLoaded {
  std::uint32_t model;
  Failure failure;
};
struct ModelDrawing {
  std::uint32_t model;
  double fraction;
  std::uint32_t step, steps;
  std::string stage;
};
struct RequestEnded {
  RequestPtr request;
  std::vector<bool> handed_over;  // by index
  RateReport report;
  std::optional<Failure> failure;
  bool batch_ended;  // it was the last of its batch
};
// A picture's way ended: it is in the output folder, or it was no picture.
struct PictureStored {
  RequestPtr request;
  std::uint32_t index;
  SampleEnd end;
};
// The disk refused a picture: it has no end, and the run has.
struct PictureLost {
  RequestPtr request;
  std::uint32_t index;
  std::exception_ptr reason;
};
struct CheckpointGiven {
  RequestPtr request;
  std::string bytes;
  std::promise<void> stored;  // kept, or abandoned when the run ends first
};
// A fault of our own on another thread.
struct ThreadBroken {
  std::exception_ptr reason;
};

using Message = std::variant<ModelLoading, ModelLoaded, ModelNotLoaded, ModelDrawing, RequestEnded,
                             PictureStored, PictureLost, CheckpointGiven, ThreadBroken>;

// The mail of one thread. What is in it is bounded by the work that is out.
class Inbox {
 public:
  void post(Message message);  // dropped when closed
  // Everything that came; waits for the first message until `until`.
  std::vector<Message> wait(std::chrono::steady_clock::time_point until);
  // Drops what is there and what will come.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Message> messages_;
  bool closed_ = false;
};

// What connects the threads of a run. Outlives the last event of the last model.
struct Channels {
  explicit Channels(std::size_t picture_capacity) : pictures(picture_capacity) {}
  Inbox inbox;
  BoundedQueue<DrawnPicture> pictures;
};

// Lets one through per interval: for reports that a plugin may send at any rate. [any thread]
class Throttle {
 public:
  bool due();

 private:
  std::atomic<std::int64_t> next_ns_ = 0;
};

}  // namespace pictor::host
