#pragma once

#include "check/recording_host.hpp"
#include "fuzz/script.hpp"
#include "fuzz/treatment.hpp"
#include "plugin/plugin_table.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pictor::host::fuzz {

// A call to generate or submit, from before it until every request has ended.
struct Flight {
  std::string call;                                    // "step 7: generate of model 'x'"
  std::string asked;                                   // all that the pictures may depend on
  std::vector<Wanted> requests;                        // as the script says
  std::vector<Parameters> parameters;                  // of each request, complete
  std::vector<std::shared_ptr<pictor_request>> given;  // what the plugin reads
  bool async = false;
  bool resumed = false;  // it was given checkpoints
  std::atomic<bool> cancel_asked{false};
  std::shared_ptr<check::SeenJob> job;
  std::shared_ptr<Treatment> treatment;
  std::thread thread;  // of a generate that is not waited for
  // What the call returned; written by `thread`.
  pictor_status returned = PICTOR_OK;
  PluginError reason;

  // Whether the pictures are those that the same request always draws.
  bool is_comparable() const { return !resumed && !cancel_asked && !treatment->disturbs(); }
};

// A live model of the plugin.
struct Instance {
  ModelDescription description;  // with what the instance says of itself
  std::string config;            // what it was created from
  pictor_model *self = nullptr;
  pictor_model functions{};
  bool loaded = false;
  std::vector<std::unique_ptr<Flight>> flights;
};

}  // namespace pictor::host::fuzz
