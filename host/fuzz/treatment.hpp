#pragma once

#include "check/recording_host.hpp"
#include "fuzz/script.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace pictor::host::fuzz {

// How the host treats one job beyond what every host does: when it cancels, what it refuses, how
// slow it is.
class Treatment {
 public:
  // `cancel` calls the plugin's; it is called once at most, from a thread of this object's own,
  // because a host function does not call back.
  Treatment(const Step &step, std::function<void()> cancel);
  ~Treatment() { stop(); }

  // At the start of each host function about the job. [any thread]
  pictor_status at_call(std::string_view function, check::SeenJob &job);

  // `cancel` is not called after this.
  void stop();

  // Whether something of it makes an answer other than that of the plugin alone.
  bool disturbs() const { return disturbs_; }
  bool refuses_images() const { return refuse_image_.has_value(); }

 private:
  void wait();

  const std::optional<unsigned> cancel_at_, refuse_image_;
  const bool refuse_checkpoints_;
  const unsigned slow_ms_;
  const bool disturbs_;
  const std::function<void()> cancel_;
  std::atomic<unsigned> calls_{0}, images_{0};
  enum class Order { none, cancel, stop };
  std::atomic<Order> order_{Order::none};
  std::thread canceller_;
};

// The treatments of the jobs under way, by number. [any thread]
class Treatments {
 public:
  void add(pictor_job job, std::shared_ptr<Treatment> treatment);
  void remove(pictor_job job);
  pictor_status at_call(std::string_view function, check::SeenJob &job) const;

 private:
  mutable std::mutex mutex_;
  std::map<pictor_job, std::shared_ptr<Treatment>> by_job_;
};

}  // namespace pictor::host::fuzz
