#pragma once

#include "check/findings.hpp"
#include "check/struct_shape.hpp"
#include "output/picture.hpp"
#include "plugin/plugin_error.hpp"
#include <pictor/abi.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host::check {

// What the host sees a plugin do against the contract, sorted by whose rule it is.
enum class Rule { terminal, image, progress };
struct Breach {
  Rule rule;
  std::string text;
};

// Of a picture's bytes as they stand.
std::size_t digest_of(const Picture &picture);

struct SeenImage {
  std::uint32_t index = 0;
  Picture picture;  // its last owner calls the plugin's `release`
  PictureMeta meta;
  std::size_t digest = 0;  // of the bytes as they came
};

// What became of one request.
struct SeenRequest {
  std::uint32_t wanted = 0;         // pictures
  std::uint32_t preview_every = 0;  // 0: no preview is welcome
  bool ended = false;
  bool failed = false;  // ended by job_fail
  pictor_status status = PICTOR_OK;
  PluginError error;
  std::vector<SeenImage> images;
  std::string checkpoint;  // the last one
};

// The requests of one call, as they are answered. Lock `mutex` to read while the plugin works.
struct SeenJob {
  pictor_job number = 0;
  bool is_load = false;
  bool release_at_once = false;           // let go of pixels inside job_image
  std::atomic<std::uint64_t> emitted{0};  // calls about it, but for job_cancelled
  std::atomic<bool> cancelled{false};
  std::recursive_mutex mutex;  // `release` may report about its own request
  std::condition_variable_any changed;
  bool closed = false;                            // nothing may come any more
  std::vector<std::shared_ptr<const void>> kept;  // what the plugin may read for them
  std::vector<SeenRequest> requests;

  bool all_ended() const;  // under the lock
};

// A host that writes down what a plugin does, keeps to the contract, and believes nothing. One per
// process, never freed.
class RecordingHost {
 public:
  explicit RecordingHost(Findings &findings, Shape shape = Shape::plain);
  RecordingHost(const RecordingHost &) = delete;
  RecordingHost &operator=(const RecordingHost &) = delete;

  const pictor_host *table() const { return table_; }

  // Names the call into the plugin that comes next.
  void calling(const std::string &what);

  // A job for requests that want so many pictures each. It is known as long as the process lives.
  std::shared_ptr<SeenJob> open(const std::vector<std::uint32_t> &wanted);
  std::shared_ptr<SeenJob> open_load();
  // Every job is cancelled, and told so when it asks.
  void cancel_jobs();

  // The reason told for the call that was given this sink; empty when there was none.
  PluginError reason_of(pictor_error_sink sink) const;

  // Lets go of all pictures: their `release` is called.
  void forget_pictures();

  // The breaches of one rule up to now.
  std::vector<std::string> breaches(Rule rule) const;
  // Lines the plugin logged.
  std::vector<std::string> log_lines() const;

  // Called at the start of each host function about a job; what it returns other than PICTOR_OK is
  // answered in place of the function's work. When interpose() returns the last one runs no more.
  using Interposer = std::function<pictor_status(std::string_view function, SeenJob &job)>;
  void interpose(Interposer interposer);
  // What `log_enabled` answers. Before `init` only.
  void keep_logs(bool keep) { keeps_logs_ = keep; }

 private:
  struct Functions;
  void make_table(Shape shape);
  void note_call(const std::string &what) noexcept;
  void breach(Rule rule, std::string text);
  std::shared_ptr<SeenJob> find(pictor_job job) const;
  template <class Body>
  pictor_status with_job(std::string_view function, pictor_job job, Body body) noexcept;
  pictor_status image(SeenJob &job, std::uint32_t request, const pictor_image *image,
                      const pictor_image_meta *meta);
  pictor_status end(SeenJob &job, std::uint32_t request, pictor_status status,
                    const pictor_error *error);
  pictor_status checkpoint(SeenJob &job, std::uint32_t request, const pictor_str &bytes);

  Findings &findings_;
  pictor_host *table_ = nullptr;
  std::shared_mutex interposing_;
  Interposer interposer_;
  bool keeps_logs_ = true;
  mutable std::mutex mutex_;
  std::string call_;
  pictor_job last_job_ = 0x1000;
  std::map<pictor_job, std::shared_ptr<SeenJob>> jobs_;
  std::map<pictor_error_sink, PluginError> reasons_;
  std::vector<Breach> breaches_;
  std::vector<std::string> log_;
};

}  // namespace pictor::host::check
