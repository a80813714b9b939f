#pragma once

#include "base/json.hpp"
#include "worker/channel.hpp"
#include "worker/packing.hpp"
#include <pictor/abi.h>

#include <atomic>
#include <cstdint>
#include <future>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace pictor::host::worker {

// What a plugin may read of a job until it is over, and how far its requests are.
struct HeldJob {
  Unpacked memory;
  std::vector<const pictor_request *> requests;
  std::vector<bool> ended;
  std::size_t open = 0;
  bool called = true;  // the call that took it has not returned yet
  std::atomic<bool> cancelled{false};
};

// The host as a plugin in a worker process meets it: what the plugin tells goes through the
// channel, and is answered by the host's own process where the ABI has an answer. Any thread may
// call.
class RemoteHost {
 public:
  // Messages below `log_level` are dropped here.
  RemoteHost(Channel &channel, pictor_log_level log_level);
  RemoteHost(const RemoteHost &) = delete;
  RemoteHost &operator=(const RemoteHost &) = delete;

  const pictor_host *table() const { return &table_; }

  // An answer to something that was asked.
  void answered(Message message);

  void begin(pictor_job job, std::shared_ptr<HeldJob> held);
  // The call that took the job has returned; `accepted`: its requests end by themselves.
  void returned(pictor_job job, bool accepted);
  void cancel(pictor_job job);

  // Where a call may put its reason, and what it put there: null when it gave none.
  pictor_error_sink open_sink();
  Json close_sink(pictor_error_sink sink);

 private:
  struct Functions;

  Message ask(Json question, std::initializer_list<int> files = {});
  std::shared_ptr<HeldJob> find(pictor_job job) const;
  bool is_open(pictor_job job, std::uint32_t request) const;
  pictor_status end(pictor_job job, std::uint32_t request, Json message);
  pictor_status hand_over(pictor_job job, std::uint32_t request, const pictor_image *image,
                          const pictor_image_meta *meta);
  void forget_if_over(pictor_job job);
  void complain(const char *function, const char *what) noexcept;
  void show_life();

  Channel &channel_;
  const pictor_log_level log_level_;
  pictor_host table_{};
  mutable std::mutex mutex_;
  std::unordered_map<pictor_job, std::shared_ptr<HeldJob>> jobs_;
  std::unordered_map<std::uint64_t, std::promise<Message>> asked_;
  std::unordered_map<pictor_error_sink, Json> sinks_;
  std::uint64_t next_ = 0;
  std::atomic<std::int64_t> next_sign_ns_{0};
};

}  // namespace pictor::host::worker
