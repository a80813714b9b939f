#pragma once

#include "base/json.hpp"
#include "worker/worker_process.hpp"
#include <pictor/abi.h>

#include <cstdint>
#include <memory>
#include <string>

namespace pictor::host::worker {

class ProxyPlugin;

// An instance of a model that lives in a worker process; made again, and loaded when it was, in
// each process that follows on another.
class ProxyModel {
 public:
  ProxyModel(ProxyPlugin &plugin, std::string model_id, Json config, std::uint32_t flags);

  // Null with the reason told to `sink`.
  static pictor_model *create(ProxyPlugin &plugin, const char *model_id,
                              const pictor_kv *const *config, std::uint64_t count,
                              pictor_error_sink sink);

  bool is_billed() const { return (flags_ & PICTOR_MODEL_BILLED) != 0; }

 private:
  struct Functions;

  // A process in which the instance is; null with the reason told to `sink`.
  std::shared_ptr<WorkerProcess> home(pictor_error_sink sink, bool loaded);
  bool make(WorkerProcess &process, pictor_error_sink sink);
  bool load_again(WorkerProcess &process, pictor_error_sink sink);
  pictor_status draw(const char *call, const pictor_request *const *requests, std::uint32_t count,
                     pictor_job job, pictor_error_sink sink);

  ProxyPlugin &plugin_;
  const std::string model_id_;
  const Json config_;
  std::uint32_t flags_;  // PICTOR_MODEL_*
  pictor_model table_{};
  std::uint64_t made_in_ = 0;   // which process it was made in last
  std::uint64_t instance_ = 0;  // its number there
  std::uint64_t loaded_in_ = 0;
  std::string name_;
};

}  // namespace pictor::host::worker
