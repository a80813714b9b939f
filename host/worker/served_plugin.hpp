#pragma once

#include "base/json.hpp"
#include "plugin/plugin_table.hpp"
#include "worker/remote_host.hpp"
#include <pictor/abi.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace pictor::host::worker {

// The plugin that a worker process runs, called as its host's process says. A call is an object
// with `call`, what to do, and its arguments; the answer is an object. Faults of the plugin become
// answers; what is no call throws Json::exception.
class ServedPlugin {
 public:
  // Loads the library. Throws Error with the loader's words, ContractFault for a broken table.
  ServedPlugin(Channel &channel, const std::string &file, pictor_log_level log_level);

  RemoteHost &host() { return host_; }

  // All that the table and the metadata functions say. [main]
  Json describe() const;
  // A call of another kind than `cancel`. Those that may take long are is_long(), and may be
  // answered on any thread; the others one at a time.
  Json answer(const Json &call);
  static bool is_long(const Json &call);
  // Of an instance that is gone it is passed over. [any]
  void cancel(const Json &call);

 private:
  struct Instance {
    pictor_model *self = nullptr;
    pictor_model functions{};
  };

  Json init(const Json &call);
  Json create(const Json &call);
  Json load(const Json &call);
  Json draw(const Json &call);
  Json validate(const Json &call);
  Json destroy(const Json &call);
  // The one that a call names. Throws ContractFault when there is none.
  Instance instance(const Json &call) const;
  std::optional<Instance> find_instance(const Json &call) const;

  RemoteHost host_;
  PluginFunctions functions_;
  std::mutex cancelling_;     // while a model is asked to cancel, which no destroy may overtake
  mutable std::mutex mutex_;  // of the map
  std::map<std::uint64_t, Instance> instances_;
  std::uint64_t next_instance_ = 0;
  std::string path_;
};

}  // namespace pictor::host::worker
