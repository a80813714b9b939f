#pragma once

#include "worker/packing.hpp"
#include "worker/sandbox.hpp"
#include "worker/worker_process.hpp"
#include <pictor/abi.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host::worker {

class ProxyModel;

// How a plugin is run in a process of its own.
struct WorkerOptions {
  std::optional<Sandbox> sandbox;
  // Without a sign of life for so long, work is taken for hung.
  std::chrono::milliseconds patience = std::chrono::minutes(10);
};

// A plugin's table whose functions run in a worker process. The process that ends is started again
// when it is needed, with a pause that grows, and no more after it ended three times without having
// finished a request in between. What it was at ends as UNAVAILABLE; what it had handed over is
// kept.
class ProxyPlugin : private WorkerOwner {
 public:
  // Starts the process and asks for the metadata. Throws Error when that fails, ContractFault for a
  // table that breaks the contract.
  ProxyPlugin(std::filesystem::path file, WorkerOptions options);
  ~ProxyPlugin() override;

  const pictor_plugin *table() const { return &table_; }

 private:
  friend class ProxyModel;
  struct Functions;

  // A job that the worker is at.
  struct Work {
    const ProxyModel *model = nullptr;
    bool billed = false;
    struct Request {
      bool ended = false, has_checkpoint = false;
    };
    std::vector<Request> requests;  // none: a load
    std::size_t open = 0;
    bool told_to_end = false;
    std::optional<std::chrono::steady_clock::time_point> deadline;  // for its end
  };

  // The process, started and initialised; null with the reason told to `sink`. Under life_, as all
  // that starts and ends one.
  std::shared_ptr<WorkerProcess> ready(pictor_error_sink sink);
  // Throws Error and ContractFault. What the plugin says of itself.
  Json open_process();
  void read_metadata(const Json &plugin);
  bool initialise(WorkerProcess &process, pictor_error_sink sink);
  void wait_for_turn() const;
  void let_go();
  // Has a sandbox show the files that a configuration names; the process is made anew for that.
  void allow(const pictor_kv *const *config, std::uint64_t count, const char *model_id);

  std::shared_ptr<WorkerProcess> process() const;
  std::uint64_t generation() const { return generation_; }
  // Why there is no process.
  pictor_status refusal() const;
  void tell_reason(pictor_error_sink sink, pictor_status status, const std::string &message) const;
  // The status of an answer, with its reason passed on; none: the process is gone.
  pictor_status status_of(const std::optional<Json> &answer, pictor_error_sink sink);

  void begin(pictor_job job, Work work);
  void forget(pictor_job job);
  // The process took the job and is gone.
  void lose(pictor_job job);
  // Ends those of its requests that the worker did not end.
  void fail_open(pictor_job job, const Work &work, const std::string &message) const;
  bool has_work() const;
  // The jobs of a model that the host wants to end; the process is killed when one has not ended
  // after `grace`.
  std::vector<pictor_job> told_to_end(const ProxyModel &model, std::chrono::milliseconds grace);

  Json asked(const Json &question, std::vector<Descriptor> files) override;
  void told(const Json &message) override;
  void printed(const std::string &line) override;
  void tick(WorkerProcess &process) override;
  bool expects_signs() const override;
  void died(const std::string &reason) override;

  pictor_status take_image(const Json &question, std::vector<Descriptor> files);
  pictor_status take_checkpoints(const Json &question);
  static void take_secret(void *answer, const char *bytes, std::uint64_t size) noexcept;
  void request_ended(const Json &message);

  const std::filesystem::path file_;
  WorkerOptions options_;
  pictor_plugin table_{};
  Unpacked memory_;  // of the table and the metadata
  std::vector<const pictor_model_info *> infos_;
  std::map<std::string, std::vector<const pictor_param_spec *>, std::less<>> specs_;
  std::map<std::string, std::uint32_t, std::less<>> spec_counts_;
  std::uint32_t model_count_ = 0;
  const pictor_host *host_ = nullptr;  // from `init` to `deinit`

  std::mutex life_;  // around starting and ending the process and its instances
  std::atomic<std::uint64_t> generation_{0};  // of the process: how many were started
  std::atomic<bool> stopping_{false};         // its end is no crash
  std::atomic<bool> condemned_{false};        // it goes when its work has ended

  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<WorkerProcess> process_;
  std::map<pictor_job, Work> work_;
  int deaths_ = 0;  // since a request was finished
  std::string last_death_;
  std::chrono::steady_clock::time_point next_start_;
};

}  // namespace pictor::host::worker
