#include "run/channels.hpp"

#include <utility>

namespace pictor::host {

namespace {

constexpr std::chrono::nanoseconds report_interval = std::chrono::milliseconds(100);

}  // namespace

void Inbox::post(Message message) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  messages_.push_back(std::move(message));
  arrived_.notify_one();
}

std::vector<Message> Inbox::wait(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  arrived_.wait_until(lock, until, [&] { return closed_ || !messages_.empty(); });
  return std::exchange(messages_, {});
}

void Inbox::close() {
  std::vector<Message> dropped;  // their destructors run without the lock
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(messages_);
  arrived_.notify_all();
}

bool Throttle::due() {
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  return now >= next && next_ns_.compare_exchange_strong(next, now + report_interval.count());
}

}  // namespace pictor::host
