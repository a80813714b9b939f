#include "check/recording_host.hpp"
#include "plugin/abi_read.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace pictor::host::check {

namespace {

constexpr std::size_t most_log_lines = 10000;

RecordingHost &of(const pictor_host *host) {
  return *static_cast<RecordingHost *>(host->ctx);
}

}  // namespace

// Runs the body with the job behind the number, after the interposer. A breach of the image's
// contract is written down by whom it concerns.
template <class Body>
pictor_status RecordingHost::with_job(std::string_view function, pictor_job number,
                                      Body body) noexcept {
  try {
    const std::shared_ptr<SeenJob> job = find(number);
    if (!job) {
      breach(Rule::terminal, fmt::format("{} named job {}, which never was", function, number));
      return PICTOR_STALE;
    }
    if (function != "job_cancelled") ++job->emitted;
    {
      const std::shared_lock lock(interposing_);
      const pictor_status status = interposer_ ? interposer_(function, *job) : PICTOR_OK;
      if (status != PICTOR_OK) return status;
    }
    return body(*job);
  } catch (const std::bad_alloc &) {
    return PICTOR_RESOURCE_EXHAUSTED;
  } catch (...) {
    return PICTOR_INTERNAL;
  }
}

// The functions of the table; each finds its host by `ctx`.
struct RecordingHost::Functions {
  static const void *get_extension(const pictor_host *, const char *) noexcept { return nullptr; }
  static int32_t log_enabled(const pictor_host *host, pictor_log_level) noexcept {
    return of(host).keeps_logs_ ? 1 : 0;
  }

  static void log(const pictor_host *host, pictor_log_level, const char *,
                  pictor_str message) noexcept {
    try {
      RecordingHost &self = of(host);
      std::string line = lenient_text(message, 4096, "message");
      const std::lock_guard lock(self.mutex_);
      if (self.log_.size() < most_log_lines) self.log_.push_back(std::move(line));
    } catch (...) {
      return;
    }
  }

  static pictor_status secret_read(const pictor_host *host, const char *name,
                                   void (*use)(void *, const char *, uint64_t) PICTOR_NOEXCEPT,
                                   void *ctx) noexcept {
    of(host).note_call("secret_read");
    const char *value = name == nullptr ? nullptr : std::getenv(name);
    if (value == nullptr || *value == '\0' || use == nullptr) return PICTOR_NOT_FOUND;
    const std::size_t size = std::strlen(value);
    char *copy = static_cast<char *>(std::malloc(size + 1));
    if (copy == nullptr) return PICTOR_RESOURCE_EXHAUSTED;
    std::memcpy(copy, value, size + 1);
    use(ctx, copy, size);
    explicit_bzero(copy, size);
    std::free(copy);
    return PICTOR_OK;
  }

  static int32_t job_cancelled(const pictor_host *host, pictor_job job) noexcept {
    int32_t cancelled = 1;
    of(host).with_job("job_cancelled", job, [&](SeenJob &seen) {
      const std::lock_guard lock(seen.mutex);
      cancelled = seen.cancelled || seen.closed ? 1 : 0;
      return PICTOR_OK;
    });
    return cancelled;
  }

  static pictor_status job_progress(const pictor_host *host, pictor_job job, uint32_t request,
                                    double fraction, uint32_t step, uint32_t steps,
                                    const char *) noexcept {
    RecordingHost &self = of(host);
    self.note_call("job_progress");
    return self.with_job("job_progress", job, [&](SeenJob &seen) -> pictor_status {
      if (!std::isfinite(fraction) || fraction > 1) {
        self.breach(Rule::progress, fmt::format("its fraction is {}", fraction));
        return PICTOR_INVALID_ARGUMENT;
      }
      if (step > steps) {
        self.breach(Rule::progress, fmt::format("it is at step {} of {}", step, steps));
        return PICTOR_INVALID_ARGUMENT;
      }
      if (request >= seen.requests.size()) {
        self.breach(Rule::progress,
                    fmt::format("it names request {} of {}", request, seen.requests.size()));
        return PICTOR_INVALID_ARGUMENT;
      }
      const std::lock_guard lock(seen.mutex);
      return seen.requests[request].ended || seen.closed ? PICTOR_STALE : PICTOR_OK;
    });
  }

  static pictor_status job_image(const pictor_host *host, pictor_job job, uint32_t request,
                                 const pictor_image *image,
                                 const pictor_image_meta *meta) noexcept {
    RecordingHost &self = of(host);
    self.note_call("job_image");
    return self.with_job("job_image", job,
                         [&](SeenJob &seen) { return self.image(seen, request, image, meta); });
  }

  static pictor_status job_checkpoint(const pictor_host *host, pictor_job job, uint32_t request,
                                      pictor_str bytes) noexcept {
    RecordingHost &self = of(host);
    self.note_call("job_checkpoint");
    return self.with_job("job_checkpoint", job,
                         [&](SeenJob &seen) { return self.checkpoint(seen, request, bytes); });
  }

  // Requests that have ended are passed over.
  static pictor_status job_checkpoints(const pictor_host *host, const pictor_job *jobs,
                                       const uint32_t *requests, const pictor_str *bytes,
                                       uint64_t count) noexcept {
    RecordingHost &self = of(host);
    self.note_call("job_checkpoints");
    for (uint64_t i = 0; i < count; ++i) {
      const pictor_status status = self.with_job("job_checkpoints", jobs[i], [&](SeenJob &seen) {
        return self.checkpoint(seen, requests[i], bytes[i]);
      });
      if (status != PICTOR_OK && status != PICTOR_STALE) return status;
    }
    return PICTOR_OK;
  }

  static pictor_status job_done(const pictor_host *host, pictor_job job,
                                uint32_t request) noexcept {
    RecordingHost &self = of(host);
    self.note_call("job_done");
    return self.with_job("job_done", job, [&](SeenJob &seen) {
      return self.end(seen, request, PICTOR_OK, nullptr);
    });
  }

  static pictor_status job_fail(const pictor_host *host, pictor_job job, uint32_t request,
                                const pictor_error *error) noexcept {
    RecordingHost &self = of(host);
    self.note_call("job_fail");
    return self.with_job("job_fail", job, [&](SeenJob &seen) {
      return self.end(seen, request, PICTOR_INTERNAL, error);
    });
  }

  static void set_error(const pictor_host *host, pictor_error_sink sink,
                        const pictor_error *error) noexcept {
    RecordingHost &self = of(host);
    self.note_call("set_error");
    try {
      PluginError copy = copy_error(error);
      const std::lock_guard lock(self.mutex_);
      self.reasons_[sink] = std::move(copy);
    } catch (...) {
      return;  // a reason that cannot be read is none
    }
  }

  static int64_t now_ns(const pictor_host *) noexcept {
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
  }
};

void RecordingHost::make_table(Shape shape) {
  const pictor_host table = {
      .struct_size = sizeof(pictor_host),
      .abi_minor = PICTOR_ABI_MINOR + (shape == Shape::grown ? 1u : 0u),
      .ctx = this,
      .name = "pictor",
      .version = "check",
      .get_extension = Functions::get_extension,
      .log_enabled = Functions::log_enabled,
      .log = Functions::log,
      .now_ns = Functions::now_ns,
      .set_error = Functions::set_error,
      .secret_read = Functions::secret_read,
      .job_cancelled = Functions::job_cancelled,
      .job_progress = Functions::job_progress,
      .job_image = Functions::job_image,
      .job_checkpoint = Functions::job_checkpoint,
      .job_checkpoints = Functions::job_checkpoints,
      .job_done = Functions::job_done,
      .job_fail = Functions::job_fail,
  };
  table_ = reshaped(table, shape);
}

}  // namespace pictor::host::check
