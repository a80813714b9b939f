#pragma once

#include "base/json.hpp"
#include "base/outcome.hpp"
#include "base/parameter.hpp"
#include "output/picture.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

class Plugin;

// What one model of a plugin is; of an instance, what it is as configured.
struct ModelInfo {
  std::string id, label, doc;
  std::vector<std::string> features;
  bool sync = false, async = false;
  bool needs_network = false, needs_gpu = false, deterministic = false, billed = false,
       ignores_seed = false, prefers_isolation = false;
  bool parks = false;                 // its requests outlive the process through their checkpoints
  std::uint32_t max_batch = 1;        // 0: any
  std::uint32_t max_concurrency = 1;  // 0: any
  std::uint32_t wanted_concurrency = 0;  // when the user does not say; 0: the host's own number
};

// One row for a model.
struct ModelRequest {
  std::string prompt;
  std::vector<std::uint64_t> seeds;  // one per picture wanted
  Parameters parameters;  // request scope, complete: defaults included; images as absolute paths
  std::string checkpoint;
  std::string trace_id;
  std::int64_t timeout_ms = -1;
};

// What a batch reports, from the plugin's threads: every function must be callable from any thread
// at any time until the last request's end. `request` is the index in the batch. Pictures are
// checked before they get here: strides lie inside the data, indices are in range and come once.
// Calls about one request never overlap; nothing comes after its end. When `picture` throws, its
// request ends as an internal failure; what the others throw is logged. Dropping the last reference
// to a picture's bytes calls the plugin's `release`, which may report again: hold no lock then.
class ModelEvents {
 public:
  virtual ~ModelEvents() = default;
  virtual void progress(std::uint32_t request, double fraction, std::uint32_t step,
                        std::uint32_t steps, const std::string &stage) = 0;
  virtual void picture(std::uint32_t request, std::uint32_t image_index, Picture picture,
                       PictureMeta meta) = 0;
  // What it returns is ready when the state is on disk.
  virtual std::future<void> checkpoint(std::uint32_t request, const std::string &bytes) = 0;
  // Exactly once per request, after all its pictures. failure empty: done.
  virtual void ended(std::uint32_t request, std::optional<Failure> failure) = 0;
};

// A live instance of a plugin's model. Created means: the plugin accepted the load-scope
// parameters; nothing is loaded.
class Model {
 public:
  // `parameters`: load scope, complete; paths absolute; secrets as names of environment variables.
  // Throws Error (exit code 2 for a parameter the plugin refuses, 7 when the plugin is at fault).
  Model(std::shared_ptr<const Plugin> plugin, const std::string &model_id,
        const Parameters &parameters);
  ~Model();  // cancels, drains for at most 30 s, unloads, destroys
  Model(Model &&) = delete;

  const ModelInfo &info() const;  // with what the instance says of itself
  const std::vector<ParameterSpec> &parameters() const;
  std::string model_name() const;

  // Blocks. `progress(fraction or negative, stage)` and `cancelled` may be called from any thread.
  std::optional<Failure> load(const std::function<void(double, const std::string &)> &progress,
                              const std::function<bool()> &cancelled);

  // Whether the plugin has an opinion of its own on requests.
  bool validates() const;
  // Cross-field check without drawing; nothing where it has none.
  std::optional<Failure> validate(const ModelRequest &request);

  // Hands a batch over and returns when the model is ready for the next (async, where the model has
  // it: at once; sync: when it is done). A batch the plugin refuses ends every request with its
  // failure; a request whose image file cannot be read ends alone. Missing, double and late
  // terminals of a faulty plugin are made good here. The caller keeps to max_batch and
  // max_concurrency. [any thread, loaded]
  void generate(std::vector<ModelRequest> requests, std::shared_ptr<ModelEvents> events);

  // Asks all work in flight to end early. [any]
  void cancel();

  // Waits for all work in flight to end, at most `grace`; what has not ended then ends as an
  // internal failure, and the instance is given up: it is never called again and never destroyed,
  // for its threads may still run. Whether all of it ended by itself. [any]
  bool drain(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pictor::host
