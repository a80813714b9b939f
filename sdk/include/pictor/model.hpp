#pragma once

// A Pictor plugin in C++: derive from ImageGenerationModel or AsyncImageGenerationModel, close the
// file with PICTOR_PLUGIN. The ideas and words are distilabel's; the contract underneath is
// pictor/abi.h.

#include "pictor/abi.h"
#include "pictor/error.hpp"
#include "pictor/image.hpp"
#include "pictor/parameter.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pictor {
inline namespace v1 {

// Where the results of one batch go: the host, or generate_outputs' own collection. Every function
// may be called from any thread until the request's end. `request` is the index in the batch.
class Results {
 public:
  virtual ~Results() = default;
  virtual bool cancelled() noexcept = 0;
  virtual void progress(std::uint32_t request, double fraction, std::uint32_t step,
                        std::uint32_t steps, const std::string &stage) noexcept = 0;
  virtual void image(std::uint32_t request, std::uint32_t index, const Image &image) = 0;
  virtual void checkpoint(std::uint32_t request, std::string_view bytes) = 0;
  // The host's name of the batch; 0: there is no host.
  virtual pictor_job job() const noexcept { return 0; }
  virtual void done(std::uint32_t request) noexcept = 0;
  virtual void fail(std::uint32_t request, const Error &error) noexcept = 0;
};

// One row: a prompt and the pictures wanted of it. Moves, never copies. Ends once, by done() or
// fail(); one that is destroyed without an end has failed.
class Request {
 public:
  Request(const pictor_request &row, Params generation_kwargs, std::shared_ptr<Results> results,
          std::uint32_t index)
      : row_(&row),
        kwargs_(std::move(generation_kwargs)),
        results_(std::move(results)),
        index_(index) {}
  Request(Request &&) noexcept = default;
  Request &operator=(Request &&other) noexcept {
    if (this != &other) {
      abandon();
      row_ = other.row_;
      kwargs_ = std::move(other.kwargs_);
      results_ = std::move(other.results_);
      index_ = other.index_;
    }
    return *this;
  }
  ~Request() { abandon(); }

  // Views stay valid until the request's end.
  std::string_view prompt() const { return text(row_->prompt); }
  std::uint32_t num_generations() const { return row_->image_count; }
  // The seed of picture `index`, which is below num_generations(). 0..2^63-1: a torch generator
  // takes it as it is.
  std::uint64_t seed(std::uint32_t index) const { return row_->seeds[index]; }
  const Params &generation_kwargs() const { return kwargs_; }
  // What save_checkpoint last stored for this row in an earlier life; empty: nothing.
  std::string_view checkpoint() const { return text(row_->checkpoint); }
  std::string_view trace_id() const { return text(row_->trace_id); }
  std::int64_t timeout_ms() const { return row_->timeout_ms; }

  // Whether to end soon: throw Error(Status::cancelled) or fail() with it. Tells of this request's
  // batch, not of others; true after its end. Cheap enough for every step.
  bool cancelled() const { return ended() || results_->cancelled(); }
  void progress(std::uint32_t step, std::uint32_t steps, const std::string &stage = {}) {
    results_->progress(index_, steps == 0 ? -1 : double(step) / steps, step, steps, stage);
  }
  // Hands over picture `index`. Throws Error(internal) when the host finds it broken.
  void image(std::uint32_t index, const Image &image) { results_->image(index_, index, image); }
  // Stores a small state (at most 64 KiB); it is on disk when this returns.
  void save_checkpoint(std::string_view bytes) { results_->checkpoint(index_, bytes); }
  // The same for many requests with one write to disk; those that have ended are passed over.
  struct Checkpoint {
    const Request *request;
    std::string_view bytes;
  };
  static void save_checkpoints(std::span<const Checkpoint> checkpoints);

  void done() noexcept {
    if (const auto results = std::exchange(results_, nullptr)) results->done(index_);
  }
  void fail(const Error &error) noexcept {
    if (const auto results = std::exchange(results_, nullptr)) results->fail(index_, error);
  }
  bool ended() const { return results_ == nullptr; }

 private:
  static std::string_view text(const pictor_str &str) { return {str.data, str.size}; }
  void abandon() noexcept {
    if (!ended()) fail(Error(Status::internal, "the plugin dropped a request without an answer"));
  }

  const pictor_request *row_;
  Params kwargs_;
  std::shared_ptr<Results> results_;
  std::uint32_t index_;
};

// What a model may use while it loads.
class Loading {
 public:
  Loading(std::shared_ptr<Results> results) : results_(std::move(results)) {}
  bool cancelled() const { return results_->cancelled(); }
  // `fraction` in 0..1, or negative when unknown.
  void progress(double fraction, const std::string &stage) {
    results_->progress(0, fraction, 0, 0, stage);
  }

 private:
  std::shared_ptr<Results> results_;
};

// A model that draws while generate() runs. A class M for PICTOR_PLUGIN also has
//   static ModelInfo info();
//   static std::vector<RuntimeParameter> runtime_parameters();
//   explicit M(const Params &config);   // load scope; reads its configuration only
// Exceptions may leave any of these functions; they end at the boundary.
class ImageGenerationModel {
 public:
  virtual ~ImageGenerationModel() = default;

  // Gets ready to draw; slow. unload() gives up what it took. Never at once with another call on
  // this model.
  virtual void load(Loading &) {}
  virtual void unload() {}
  // What it draws with, for the metadata: "stabilityai/sdxl-base", "gpt-image-2".
  virtual std::string model_name() const = 0;
  // What this instance can do, where its configuration makes a difference: `info`, which is info(),
  // with other limits and flags. It may cease to be billed, but not begin to.
  virtual ModelInfo capacity(ModelInfo info) const { return info; }
  // Checks what single parameters cannot tell; throws Error(invalid_argument). No network, files or
  // device. Every row of a job is asked about before the first one is drawn.
  virtual void validate(const Request &) const {}

  // Draws the pictures of every request: request.image(k, ...) for k below num_generations(). A
  // request that returns without an end is done; an exception fails those without an end. Up to
  // info().max_concurrency calls at once, each with up to info().max_batch requests.
  virtual void generate(std::span<Request> requests) = 0;
  // Work in flight is asked to end early: the requests that are meant are cancelled(). Never
  // blocks; from any thread, also while generate() runs.
  virtual void cancel() {}

  // The pictures of each prompt, drawn here and now without a host, for tests and programs of your
  // own. Seeds are 0, 1, ...; `generation_kwargs` must be complete (Params::complete). Throws the
  // first failed request's Error. The model is loaded.
  std::vector<std::vector<Image>> generate_outputs(const std::vector<std::string> &prompts,
                                                   std::uint32_t num_generations = 1,
                                                   const Params &generation_kwargs = {});
};

// A model that is asked for many requests at once and answers later, from any thread.
class AsyncImageGenerationModel : public ImageGenerationModel {
 public:
  // Starts one request and returns soon. Move the request to where it lives on, and call its done()
  // or fail() later. An exception fails a request that was not moved yet.
  virtual void agenerate(Request &&request) = 0;
  // Starts them all.
  void generate(std::span<Request> requests) final;
};

enum class LogLevel : std::int32_t {
  debug = PICTOR_LOG_DEBUG,
  info = PICTOR_LOG_INFO,
  warning = PICTOR_LOG_WARNING,
  error = PICTOR_LOG_ERROR,
};

// To the host's log, under the plugin's id. Nothing before init and in generate_outputs without a
// host.
void log(LogLevel level, std::string_view message) noexcept;

// Calls use(std::string_view) with the secret of that name, which is wiped afterwards: do not keep
// it longer than needed. Throws Error(unauthenticated) when there is none.
template <typename Use>
void with_secret(const std::string &name, Use use);

}  // namespace v1
}  // namespace pictor

#include "pictor/detail/bridge.hpp"

// The plugin: its id ([a-z0-9._-]+, the file is ID.pictor.so), version, label, then one or more
// model classes. Once per library, at file scope.
//   PICTOR_PLUGIN("gradient", "1.0.0", "Colour gradients", GradientModel)
#define PICTOR_PLUGIN(id, version, label, ...) \
  PICTOR_PLUGIN_WITH("", id, version, label, __VA_ARGS__)

// The same with optional keys of the manifest, a comma before each; see abi.h.
//   PICTOR_PLUGIN_WITH(",\"network\":true", "cloud", "1.0.0", "Far away", CloudModel)
#define PICTOR_PLUGIN_WITH(keys, id, version, label, ...)                                    \
  PICTOR_MANIFEST("{\"abi\":\"1.0\",\"min_host\":0,\"id\":\"" id "\",\"version\":\"" version \
                  "\",\"label\":\"" label "\"" keys "}");                                    \
  extern "C" const pictor_plugin *pictor_plugin_v1() noexcept {                              \
    return pictor::detail::Bridge<__VA_ARGS__>::plugin(id, version, label);                  \
  }                                                                                          \
  static_assert(true)
