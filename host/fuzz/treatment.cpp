#include "fuzz/treatment.hpp"

#include <chrono>

namespace pictor::host::fuzz {

Treatment::Treatment(const Step &step, std::function<void()> cancel)
    : cancel_at_(step.cancel_at),
      refuse_image_(step.refuse_image),
      refuse_checkpoints_(step.refuse_checkpoints),
      slow_ms_(step.slow_ms),
      disturbs_(step.cancel_at || step.refuse_image || step.refuse_checkpoints),
      cancel_(std::move(cancel)) {
  if (cancel_at_.value_or(0) > 0) canceller_ = std::thread([this] { wait(); });
}

void Treatment::wait() {
  order_.wait(Order::none);
  if (order_ == Order::cancel) cancel_();
}

void Treatment::stop() {
  if (!canceller_.joinable()) return;
  // What was ordered is done first.
  Order none = Order::none;
  order_.compare_exchange_strong(none, Order::stop);
  order_.notify_one();
  canceller_.join();
}

pictor_status Treatment::at_call(std::string_view function, check::SeenJob &job) {
  if (cancel_at_ && ++calls_ == *cancel_at_) {
    job.cancelled = true;
    Order none = Order::none;
    order_.compare_exchange_strong(none, Order::cancel);
    order_.notify_one();
  }
  if (function == "job_image") {
    if (slow_ms_ != 0) std::this_thread::sleep_for(std::chrono::milliseconds(slow_ms_));
    if (++images_ == refuse_image_) return PICTOR_RESOURCE_EXHAUSTED;
  }
  const bool checkpoint = function == "job_checkpoint" || function == "job_checkpoints";
  return checkpoint && refuse_checkpoints_ ? PICTOR_RESOURCE_EXHAUSTED : PICTOR_OK;
}

void Treatments::add(pictor_job job, std::shared_ptr<Treatment> treatment) {
  const std::lock_guard lock(mutex_);
  by_job_.emplace(job, std::move(treatment));
}

void Treatments::remove(pictor_job job) {
  std::shared_ptr<Treatment> last;  // ends outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = by_job_.find(job);
  if (found == by_job_.end()) return;
  last = std::move(found->second);
  by_job_.erase(found);
}

pictor_status Treatments::at_call(std::string_view function, check::SeenJob &job) const {
  std::shared_ptr<Treatment> treatment;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_job_.find(job.number);
    if (found == by_job_.end()) return PICTOR_OK;
    treatment = found->second;
  }
  return treatment->at_call(function, job);
}

}  // namespace pictor::host::fuzz
