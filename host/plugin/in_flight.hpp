#pragma once

#include "plugin/batch.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace pictor::host {

// The batches that a model works on: from before the call until the call has returned and every
// request has ended. Held by the batches too, for the last one may end after everything else.
class InFlight : public std::enable_shared_from_this<InFlight> {
 public:
  struct Item {
    pictor_job job;
    std::shared_ptr<Batch> batch;
  };

  // Gives the batch its handle.
  pictor_job start(const std::shared_ptr<Batch> &batch);
  // The call that took the batch has returned.
  void returned(pictor_job job) { let_go(job); }

  std::vector<Item> items() const;
  // Whether nothing is left, at most after `grace`.
  bool wait_until_empty(std::chrono::milliseconds grace);
  // Ends every request that is left with that failure. What the plugin may read of them stays as
  // long as this object.
  void give_up(const Failure &failure);

 private:
  struct Held {
    std::shared_ptr<Batch> batch;
    int holds = 2;  // the call, and the requests
  };

  void let_go(pictor_job job);
  pictor_job number_of(const std::shared_ptr<pictor_job> &job) const;

  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_map<pictor_job, Held> held_;
  std::vector<Item> given_up_;
};

}  // namespace pictor::host
