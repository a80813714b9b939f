#pragma once

#include "run/channels.hpp"
#include "run/painter.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace pictor::host {

// How work goes into a model.
struct LaneShape {
  std::uint32_t threads = 1;
  std::uint32_t max_batch = 1;  // rows in one call
  std::uint32_t batches = 1;    // in the lane at once, those that wait included
};

// `concurrency`: what the job allows. An asynchronous model has that many requests in flight from
// one thread. A synchronous one has a thread per call, and a batch ahead for each, so that it never
// waits for the disk; not when it is remote or bills, because what waits counts as sent.
LaneShape lane_shape(const ModelInfo &info, std::uint32_t concurrency);

// Calls at once where the job does not say.
std::uint32_t usual_concurrency(const ModelInfo &info);

// A model and the threads that call it. The first of them loads it.
class Lane {
 public:
  Lane(std::uint32_t model, std::unique_ptr<Painter> painter, LaneShape shape,
       std::shared_ptr<Channels> channels);
  ~Lane();  // cancels and waits: no event comes after it
  Lane(const Lane &) = delete;
  Lane &operator=(const Lane &) = delete;

  // Never waits: at most `shape.batches` may be out.
  void give(std::vector<RequestPtr> batch);
  // The batches that no thread has begun.
  std::vector<std::vector<RequestPtr>> take_back();
  // Ends loading and all that is drawn, early.
  void cancel();

 private:
  void work();
  bool load();

  const std::uint32_t model_;
  const std::unique_ptr<Painter> painter_;
  const std::shared_ptr<Channels> channels_;
  BoundedQueue<std::vector<RequestPtr>> batches_;
  std::atomic<bool> cancelled_ = false;
  std::once_flag load_once_;
  bool loaded_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pictor::host
