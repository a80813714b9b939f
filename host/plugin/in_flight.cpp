#include "plugin/in_flight.hpp"

namespace pictor::host {

// Under the lock until all is in place: a plugin that guesses the number may end the batch before
// it was told of it.
pictor_job InFlight::start(const std::shared_ptr<Batch> &batch) {
  const auto job = std::make_shared<pictor_job>(0);
  const std::lock_guard lock(mutex_);
  batch->when_all_ended([self = shared_from_this(), job] {
    const pictor_job ended = self->number_of(job);
    jobs().remove(ended);
    self->let_go(ended);
  });
  *job = jobs().add(batch);
  held_.emplace(*job, Held{batch});
  return *job;
}

pictor_job InFlight::number_of(const std::shared_ptr<pictor_job> &job) const {
  const std::lock_guard lock(mutex_);
  return *job;
}

void InFlight::let_go(pictor_job job) {
  std::shared_ptr<Batch> last;  // ends outside the lock
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(job);
  if (--held->second.holds != 0) return;
  last = std::move(held->second.batch);
  held_.erase(held);
  if (held_.empty()) empty_.notify_all();
}

std::vector<InFlight::Item> InFlight::items() const {
  std::vector<Item> items;
  const std::lock_guard lock(mutex_);
  items.reserve(held_.size());
  for (const auto &[job, held] : held_) items.push_back({job, held.batch});
  return items;
}

bool InFlight::wait_until_empty(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, grace, [&] { return held_.empty(); });
}

void InFlight::give_up(const Failure &failure) {
  const std::vector<Item> left = items();
  {
    const std::lock_guard lock(mutex_);
    given_up_.insert(given_up_.end(), left.begin(), left.end());
  }
  for (const Item &item : left) item.batch->end_all(failure);
}

}  // namespace pictor::host
