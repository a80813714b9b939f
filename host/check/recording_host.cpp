#include "check/recording_host.hpp"

#include "plugin/abi_read.hpp"
#include "plugin/pictures.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace pictor::host::check {

namespace {

constexpr std::size_t most_breaches = 1000;
constexpr std::size_t most_log_lines = 10000;

RecordingHost &of(const pictor_host *host) {
  return *static_cast<RecordingHost *>(host->ctx);
}

std::size_t digest_of(const Picture &picture) {
  return std::hash<std::string_view>{}(
      {reinterpret_cast<const char *>(picture.data.get()), picture.size});
}

}  // namespace

bool SeenJob::all_ended() const {
  for (const SeenRequest &request : requests) {
    if (!request.ended) return false;
  }
  return true;
}

RecordingHost::RecordingHost(Findings &findings, Shape shape) : findings_(findings) {
  make_table(shape);
}

void RecordingHost::calling(const std::string &what) {
  {
    const std::lock_guard lock(mutex_);
    call_ = what;
  }
  findings_.calling(what);
}

void RecordingHost::note_call(const std::string &what) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    findings_.calling(call_.empty() ? what : fmt::format("{}, in it {}", call_, what));
  } catch (...) {
    return;
  }
}

void RecordingHost::breach(Rule rule, std::string text) {
  const std::lock_guard lock(mutex_);
  if (breaches_.size() < most_breaches) breaches_.push_back({rule, std::move(text)});
}

std::vector<std::string> RecordingHost::breaches(Rule rule) const {
  std::vector<std::string> texts;
  const std::lock_guard lock(mutex_);
  for (const Breach &each : breaches_) {
    if (each.rule == rule) texts.push_back(each.text);
  }
  return texts;
}

void RecordingHost::forget_pictures() {
  std::vector<std::vector<SeenImage>> last;  // ends outside the lock
  const std::lock_guard lock(mutex_);
  for (auto &[number, job] : jobs_) {
    for (SeenRequest &request : job->requests) last.push_back(std::move(request.images));
  }
}

std::vector<std::string> RecordingHost::log_lines() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::shared_ptr<SeenJob> RecordingHost::open(const std::vector<std::uint32_t> &wanted) {
  auto job = std::make_shared<SeenJob>();
  for (const std::uint32_t count : wanted) job->requests.emplace_back().wanted = count;
  const std::lock_guard lock(mutex_);
  job->number = ++last_job_;
  jobs_.emplace(job->number, job);
  return job;
}

std::shared_ptr<SeenJob> RecordingHost::open_load() {
  std::shared_ptr<SeenJob> job = open({0});
  job->is_load = true;
  return job;
}

std::shared_ptr<SeenJob> RecordingHost::find(pictor_job job) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  return found == jobs_.end() ? nullptr : found->second;
}

PluginError RecordingHost::reason_of(pictor_error_sink sink) const {
  const std::lock_guard lock(mutex_);
  const auto found = reasons_.find(sink);
  return found == reasons_.end() ? PluginError{} : found->second;
}

void RecordingHost::interpose(Interposer interposer) {
  const std::unique_lock lock(interposing_);
  interposer_ = std::move(interposer);
}

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

pictor_status RecordingHost::image(SeenJob &job, std::uint32_t request, const pictor_image *theirs,
                                   const pictor_image_meta *their_meta) {
  const std::lock_guard lock(job.mutex);
  if (job.is_load) {
    breach(Rule::terminal, "job_image about a load, which has no pictures");
    return PICTOR_INVALID_ARGUMENT;
  }
  if (request >= job.requests.size()) {
    breach(Rule::terminal,
           fmt::format("job_image about request {} of {}", request, job.requests.size()));
    return PICTOR_INVALID_ARGUMENT;
  }
  SeenRequest &seen = job.requests[request];
  if (seen.ended || job.closed) {
    breach(Rule::terminal, fmt::format("a picture of request {} came after {}", request,
                                       seen.ended ? "its end" : "generate had returned"));
    return PICTOR_STALE;
  }
  try {
    const pictor_image image = check_image(theirs);
    ReadMeta read = read_meta(their_meta);
    if (read.image_index >= seen.wanted) {
      throw ContractFault(fmt::format("image_index is {}, but {} picture{} wanted",
                                      read.image_index, seen.wanted,
                                      seen.wanted == 1 ? " was" : "s were"));
    }
    if (read.preview) {
      breach(Rule::progress, "a preview came, but preview_every was 0");
      if (image.release != nullptr) image.release(image.release_ctx, image.data);
      return PICTOR_OK;
    }
    for (const SeenImage &other : seen.images) {
      if (other.index == read.image_index) {
        throw ContractFault(fmt::format("image_index {} came twice", read.image_index));
      }
    }
    SeenImage taken{read.image_index, take_picture(image), std::move(read.meta), 0};
    taken.digest = digest_of(taken.picture);
    if (release_at_once_) taken.picture.data.reset();
    seen.images.push_back(std::move(taken));
    return PICTOR_OK;
  } catch (const ContractFault &fault) {
    breach(Rule::image, fmt::format("request {}: {}", request, fault.what()));
    return PICTOR_INVALID_ARGUMENT;
  }
}

pictor_status RecordingHost::end(SeenJob &job, std::uint32_t request, pictor_status status,
                                 const pictor_error *error) {
  const std::string_view function = error == nullptr ? "job_done" : "job_fail";
  PluginError reason;
  if (error != nullptr) {
    try {
      reason = copy_error(error);
      status = reason.status;
    } catch (const ContractFault &fault) {
      breach(Rule::terminal, fmt::format("job_fail: {}", fault.what()));
    }
  }
  const std::lock_guard lock(job.mutex);
  if (job.is_load || request >= job.requests.size()) {
    breach(Rule::terminal, job.is_load ? fmt::format("{} about a load, which has no end", function)
                                       : fmt::format("{} about request {} of {}", function, request,
                                                     job.requests.size()));
    return PICTOR_INVALID_ARGUMENT;
  }
  SeenRequest &seen = job.requests[request];
  if (seen.ended || job.closed) {
    breach(Rule::terminal, seen.ended ? fmt::format("request {} was ended twice", request)
                                      : fmt::format("request {} was ended after generate had "
                                                    "returned",
                                                    request));
    return PICTOR_STALE;
  }
  seen.ended = true;
  seen.status = status;
  seen.error = std::move(reason);
  job.changed.notify_all();
  return PICTOR_OK;
}

// The functions of the table; each finds its host by `ctx`.
struct RecordingHost::Functions {
  static const void *get_extension(const pictor_host *, const char *) noexcept { return nullptr; }
  static int32_t log_enabled(const pictor_host *, pictor_log_level) noexcept { return 1; }

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

  static pictor_status job_checkpoint(const pictor_host *host, pictor_job job, uint32_t,
                                      pictor_str) noexcept {
    RecordingHost &self = of(host);
    self.note_call("job_checkpoint");
    return self.with_job("job_checkpoint", job, [&](SeenJob &) { return PICTOR_OK; });
  }

  static pictor_status job_checkpoints(const pictor_host *host, const pictor_job *,
                                       const uint32_t *, const pictor_str *, uint64_t) noexcept {
    of(host).note_call("job_checkpoints");
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
