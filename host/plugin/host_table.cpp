#include "plugin/host_table.hpp"

#include "base/core_dump.hpp"
#include "base/log.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/job.hpp"
#include "plugin/log_limit.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <vector>

namespace pictor::host {

namespace {

constexpr std::size_t max_log_line = 4 << 10;
constexpr std::size_t max_stage = 200;
constexpr std::uint64_t max_checkpoint = 64 << 10;

// What stands behind pictor_host.ctx.
struct Caller {
  std::string source;  // "plugin openai"
  std::mutex mutex;
  LogLimit limit;
};

void log_for(const pictor_host *host, LogLevel level, std::string_view message) {
  if (host == nullptr || host->ctx == nullptr) return log(level, "plugin", message);
  auto &caller = *static_cast<Caller *>(host->ctx);
  std::uint64_t dropped = 0;
  {
    const std::lock_guard lock(caller.mutex);
    if (!caller.limit.allows(LogLimit::Clock::now())) return;
    dropped = caller.limit.take_dropped();
  }
  if (dropped != 0) {
    log(level, caller.source, fmt::format("{} lines before this were too many", dropped));
  }
  log(level, caller.source, message);
}

void complain(const pictor_host *host, std::string_view function, std::string_view what) noexcept {
  try {
    log_for(host, LogLevel::warning, fmt::format("{}: {}", function, what));
  } catch (...) {
    // No memory for the line: the status tells the plugin all the same.
    return;
  }
}

// Runs the body of a host function: what goes wrong becomes a status and a line in the log.
template <class Body>
pictor_status guarded(const pictor_host *host, std::string_view function, Body body) noexcept {
  try {
    return body();
  } catch (const ContractFault &fault) {
    complain(host, function, fault.what());
    return PICTOR_INVALID_ARGUMENT;
  } catch (const std::bad_alloc &) {
    return PICTOR_RESOURCE_EXHAUSTED;
  } catch (const std::exception &failure) {
    complain(host, function, failure.what());
  } catch (...) {
    complain(host, function, "an unknown exception");
  }
  return PICTOR_INTERNAL;
}

// Runs `body` with the job behind the handle; the log hears of a call that came too late.
template <class Body>
pictor_status with_job(const pictor_host *host, std::string_view function, pictor_job handle,
                       Body body) noexcept {
  return guarded(host, function, [&] {
    const std::shared_ptr<Job> job = jobs().find(handle);
    const pictor_status status = job ? body(*job) : PICTOR_STALE;
    if (status == PICTOR_STALE) {
      log_for(host, LogLevel::debug, fmt::format("{}: its request has already ended", function));
    }
    return status;
  });
}

std::string_view checkpoint_in(const pictor_str &bytes) {
  if (bytes.size > max_checkpoint || (bytes.data == nullptr && bytes.size != 0)) {
    throw ContractFault(fmt::format("{} bytes at {}; at most {} are kept", bytes.size,
                                    bytes.data == nullptr ? "NULL" : "an address", max_checkpoint));
  }
  return {bytes.data, static_cast<std::size_t>(bytes.size)};
}

LogLevel to_log_level(pictor_log_level level) {
  if (level <= PICTOR_LOG_DEBUG) return LogLevel::debug;
  if (level == PICTOR_LOG_INFO) return LogLevel::info;
  return level == PICTOR_LOG_WARNING ? LogLevel::warning : LogLevel::error;
}

extern "C" {

const void *host_get_extension(const pictor_host *, const char *) noexcept {
  return nullptr;
}

int32_t host_log_enabled(const pictor_host *, pictor_log_level level) noexcept {
  return log_enabled(to_log_level(level)) ? 1 : 0;
}

void host_log(const pictor_host *host, pictor_log_level level, const char *target,
              pictor_str message) noexcept {
  if (!log_enabled(to_log_level(level))) return;
  guarded(host, "log", [&] {
    std::string line = lenient_text(message, max_log_line, "message");
    while (!line.empty() && line.back() == '\n') line.pop_back();
    const std::string who = lenient_text(target, max_stage);
    log_for(host, to_log_level(level), who.empty() ? line : who + ": " + line);
    return PICTOR_OK;
  });
}

pictor_status host_secret_read(const pictor_host *host, const char *name,
                               void (*use)(void *ctx, const char *bytes, uint64_t size)
                                   PICTOR_NOEXCEPT,
                               void *ctx) noexcept {
  return guarded(host, "secret_read", [&]() -> pictor_status {
    if (name == nullptr || use == nullptr) throw ContractFault("name or use is NULL");
    const char *value = std::getenv(name);
    if (value == nullptr || *value == '\0') return PICTOR_NOT_FOUND;
    forbid_core_dumps();
    std::vector<char> bytes(value, value + std::strlen(value) + 1);
    use(ctx, bytes.data(), bytes.size() - 1);
    explicit_bzero(bytes.data(), bytes.size());
    return PICTOR_OK;
  });
}

int32_t host_job_cancelled(const pictor_host *host, pictor_job handle) noexcept {
  int32_t cancelled = 1;  // nobody waits for a job that is gone
  guarded(host, "job_cancelled", [&] {
    const std::shared_ptr<Job> job = jobs().find(handle);
    if (job) cancelled = job->cancelled() ? 1 : 0;
    return PICTOR_OK;
  });
  return cancelled;
}

pictor_status host_job_progress(const pictor_host *host, pictor_job handle, uint32_t request,
                                double fraction, uint32_t step, uint32_t steps,
                                const char *stage) noexcept {
  return with_job(host, "job_progress", handle, [&](Job &job) {
    check_progress(fraction, step, steps);
    return job.progress(request, {fraction, step, steps, lenient_text(stage, max_stage)});
  });
}

pictor_status host_job_image(const pictor_host *host, pictor_job handle, uint32_t request,
                             const pictor_image *image, const pictor_image_meta *meta) noexcept {
  return with_job(host, "job_image", handle,
                  [&](Job &job) { return job.image(request, image, meta); });
}

pictor_status host_job_checkpoint(const pictor_host *host, pictor_job handle, uint32_t request,
                                  pictor_str bytes) noexcept {
  return with_job(host, "job_checkpoint", handle, [&](Job &job) {
    const std::future<void> stored = job.checkpoint(request, checkpoint_in(bytes));
    if (!stored.valid()) return pictor_status{PICTOR_STALE};
    stored.wait();
    return pictor_status{PICTOR_OK};
  });
}

pictor_status host_job_checkpoints(const pictor_host *host, const pictor_job *handles,
                                   const uint32_t *requests, const pictor_str *bytes,
                                   uint64_t count) noexcept {
  return guarded(host, "job_checkpoints", [&]() -> pictor_status {
    if (count != 0 && (handles == nullptr || requests == nullptr || bytes == nullptr)) {
      throw ContractFault("jobs, requests or bytes is NULL");
    }
    std::vector<std::future<void>> all;
    for (uint64_t i = 0; i < count; ++i) {
      const std::string_view state = checkpoint_in(bytes[i]);
      const std::shared_ptr<Job> job = jobs().find(handles[i]);
      if (job) all.push_back(job->checkpoint(requests[i], state));
    }
    for (const std::future<void> &stored : all) {
      if (stored.valid()) stored.wait();
    }
    return PICTOR_OK;
  });
}

pictor_status host_job_done(const pictor_host *host, pictor_job handle, uint32_t request) noexcept {
  return with_job(host, "job_done", handle, [&](Job &job) { return job.done(request); });
}

pictor_status host_job_fail(const pictor_host *host, pictor_job handle, uint32_t request,
                            const pictor_error *error) noexcept {
  return with_job(host, "job_fail", handle, [&](Job &job) {
    PluginError copy;
    try {
      copy = copy_error(error);
    } catch (const ContractFault &fault) {
      // The request ends all the same.
      copy.message =
          std::string("the request failed and its reason cannot be read: ") + fault.what();
    }
    return job.fail(request, copy);
  });
}

void host_set_error(const pictor_host *host, pictor_error_sink handle,
                    const pictor_error *error) noexcept {
  guarded(host, "set_error", [&] {
    PluginError copy = copy_error(error);
    if (const std::shared_ptr<ErrorSink> sink = error_sinks().find(handle)) {
      const std::lock_guard lock(sink->mutex);
      sink->error = std::move(copy);
    }
    return PICTOR_OK;
  });
}

int64_t host_now_ns(const pictor_host *) noexcept {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // extern "C"

}  // namespace

void check_progress(double fraction, std::uint32_t step, std::uint32_t steps) {
  if (!std::isfinite(fraction) || fraction > 1) {
    throw ContractFault(fmt::format("fraction is {}, above 1 or not finite", fraction));
  }
  if (step > steps) throw ContractFault(fmt::format("step {} of {}", step, steps));
}

const pictor_host *make_host_table(const std::string &plugin_id) {
  struct Made {
    Caller caller;
    pictor_host table;
  };
  static std::mutex mutex;
  static auto *const all = new std::deque<Made>;
  const std::lock_guard lock(mutex);
  Made &made = all->emplace_back();
  made.caller.source = "plugin " + plugin_id;
  made.table = {
      .struct_size = sizeof(pictor_host),
      .abi_minor = PICTOR_ABI_MINOR,
      .ctx = &made.caller,
      .name = "pictor",
      .version = PICTOR_VERSION,
      .get_extension = host_get_extension,
      .log_enabled = host_log_enabled,
      .log = host_log,
      .now_ns = host_now_ns,
      .set_error = host_set_error,
      .secret_read = host_secret_read,
      .job_cancelled = host_job_cancelled,
      .job_progress = host_job_progress,
      .job_image = host_job_image,
      .job_checkpoint = host_job_checkpoint,
      .job_checkpoints = host_job_checkpoints,
      .job_done = host_job_done,
      .job_fail = host_job_fail,
  };
  return &made.table;
}

}  // namespace pictor::host
