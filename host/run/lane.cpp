#include "run/lane.hpp"

#include "run/drawing.hpp"

#include <algorithm>
#include <limits>

namespace pictor::host {

namespace {

// Rows in one call to a model that takes any number.
constexpr std::uint32_t unbounded_batch = 16;
// To a model that takes any number: enough to keep a remote service busy, few enough for the
// smallest accounts.
constexpr std::uint32_t default_calls = 4;
constexpr std::uint32_t most_lane_threads = 1024;

std::uint32_t bounded(std::uint32_t value, std::uint32_t limit) {
  return std::max(1u, limit == 0 ? value : std::min(value, limit));
}

}  // namespace

LaneShape lane_shape(const ModelInfo &info, std::uint32_t concurrency) {
  std::uint32_t calls = bounded(concurrency, info.max_concurrency);
  if (info.async) return {1, 1, calls};
  calls = std::min(calls, most_lane_threads);
  const bool ahead = !info.billed && !info.needs_network;
  const std::uint32_t batch = info.max_batch == 0 ? unbounded_batch : info.max_batch;
  return {calls, batch, ahead ? 2 * calls : calls};
}

std::uint32_t usual_concurrency(const ModelInfo &info) {
  if (info.wanted_concurrency != 0) return info.wanted_concurrency;
  return info.max_concurrency == 0 ? default_calls : info.max_concurrency;
}

Lane::Lane(std::uint32_t model, std::unique_ptr<Painter> painter, LaneShape shape,
           std::shared_ptr<Channels> channels)
    : model_(model),
      painter_(std::move(painter)),
      channels_(std::move(channels)),
      batches_(std::numeric_limits<std::size_t>::max()) {
  for (std::uint32_t i = 0; i < shape.threads; ++i) threads_.emplace_back([this] { work(); });
}

Lane::~Lane() {
  batches_.close();
  batches_.take_all();
  cancel();
  for (std::thread &thread : threads_) thread.join();
}

void Lane::give(std::vector<RequestPtr> batch) {
  batches_.push(std::move(batch));
}

std::vector<std::vector<RequestPtr>> Lane::take_back() {
  std::deque<std::vector<RequestPtr>> waiting = batches_.take_all();
  return {std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end())};
}

void Lane::cancel() {
  cancelled_ = true;
  painter_->cancel();
}

bool Lane::load() {
  std::call_once(load_once_, [this] {
    Throttle reports;
    const auto progress = [&](double fraction, const std::string &stage) {
      if (reports.due()) channels_->inbox.post(ModelLoading{model_, fraction, stage});
    };
    std::optional<Failure> failure = painter_->load(progress, [this] { return cancelled_.load(); });
    loaded_ = !failure;
    if (failure) {
      channels_->inbox.post(ModelNotLoaded{model_, *std::move(failure)});
    } else {
      channels_->inbox.post(ModelLoaded{model_});
    }
  });
  return loaded_;
}

void Lane::work() {
  try {
    if (!load()) return;
    while (std::optional<std::vector<RequestPtr>> batch = batches_.pop()) {
      std::vector<ModelRequest> requests;
      for (const RequestPtr &request : *batch) requests.push_back(request->asked);
      painter_->generate(std::move(requests),
                         std::make_shared<Drawing>(*std::move(batch), channels_));
    }
  } catch (...) {
    channels_->inbox.post(ThreadBroken{std::current_exception()});
  }
}

}  // namespace pictor::host
