#include "worker/remote_host.hpp"

#include "plugin/abi_read.hpp"
#include "plugin/host_table.hpp"
#include "plugin/pictures.hpp"

#include <fmt/format.h>
#include <string.h>
#include <time.h>

#include <new>
#include <utility>

namespace pictor::host::worker {

namespace {

constexpr std::int64_t sign_interval_ns = 1'000'000'000;

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

RemoteHost &of(const pictor_host *host) {
  return *static_cast<RemoteHost *>(host->ctx);
}

}  // namespace

// The table's functions. They have access to the class that they stand for.
struct RemoteHost::Functions {
  // Runs the body of a host function: what goes wrong becomes a status.
  template <class Body>
  static pictor_status guarded(const pictor_host *host, const char *function, Body body) noexcept {
    try {
      return body();
    } catch (const std::bad_alloc &) {
      return PICTOR_RESOURCE_EXHAUSTED;
    } catch (const ContractFault &fault) {
      of(host).complain(function, fault.what());
      return PICTOR_INVALID_ARGUMENT;
    } catch (const std::exception &failure) {
      of(host).complain(function, failure.what());
    }
    return PICTOR_INTERNAL;
  }

  static const void *get_extension(const pictor_host *, const char *) noexcept { return nullptr; }

  static std::int32_t log_enabled(const pictor_host *host, pictor_log_level level) noexcept {
    return level >= of(host).log_level_ ? 1 : 0;
  }

  static void log(const pictor_host *host, pictor_log_level level, const char *target,
                  pictor_str message) noexcept {
    if (log_enabled(host, level) == 0) return;
    guarded(host, "log", [&] {
      of(host).channel_.send({{"tell", "log"},
                              {"level", level},
                              {"target", pack_text(target)},
                              {"message", pack(message)}});
      return PICTOR_OK;
    });
  }

  static std::int64_t now_ns(const pictor_host *) noexcept { return monotonic_ns(); }

  static void set_error(const pictor_host *host, pictor_error_sink sink,
                        const pictor_error *error) noexcept {
    guarded(host, "set_error", [&] {
      Json packed = pack(known_part(error, "pictor_error"));
      const std::lock_guard lock(of(host).mutex_);
      const auto found = of(host).sinks_.find(sink);
      if (found != of(host).sinks_.end()) found->second = std::move(packed);
      return PICTOR_OK;
    });
  }

  static pictor_status secret_read(const pictor_host *host, const char *name,
                                   void (*use)(void *ctx, const char *bytes, std::uint64_t size)
                                       PICTOR_NOEXCEPT,
                                   void *ctx) noexcept {
    return guarded(host, "secret_read", [&]() -> pictor_status {
      if (name == nullptr || use == nullptr) throw ContractFault("name or use is NULL");
      Message answer = of(host).ask({{"ask", "secret"}, {"name", pack_text(name)}});
      const auto status = answer.content.at("status").get<pictor_status>();
      if (status != PICTOR_OK) return status;
      auto &bytes = answer.content.at("bytes").get_ref<std::string &>();
      use(ctx, bytes.c_str(), bytes.size());
      explicit_bzero(bytes.data(), bytes.size());
      return PICTOR_OK;
    });
  }

  static std::int32_t job_cancelled(const pictor_host *host, pictor_job job) noexcept {
    std::int32_t cancelled = 1;  // nobody waits for a job that is gone
    guarded(host, "job_cancelled", [&] {
      of(host).show_life();
      const std::shared_ptr<HeldJob> held = of(host).find(job);
      if (held) cancelled = held->cancelled ? 1 : 0;
      return PICTOR_OK;
    });
    return cancelled;
  }

  static pictor_status job_progress(const pictor_host *host, pictor_job job, std::uint32_t request,
                                    double fraction, std::uint32_t step, std::uint32_t steps,
                                    const char *stage) noexcept {
    return guarded(host, "job_progress", [&]() -> pictor_status {
      if (!of(host).is_open(job, request)) return PICTOR_STALE;
      check_progress(fraction, step, steps);
      of(host).channel_.send({{"tell", "progress"},
                              {"job", job},
                              {"request", request},
                              {"fraction", fraction},
                              {"step", step},
                              {"steps", steps},
                              {"stage", pack_text(stage)}});
      return PICTOR_OK;
    });
  }

  static pictor_status job_image(const pictor_host *host, pictor_job job, std::uint32_t request,
                                 const pictor_image *image,
                                 const pictor_image_meta *meta) noexcept {
    return guarded(host, "job_image",
                   [&] { return of(host).hand_over(job, request, image, meta); });
  }

  static pictor_status job_checkpoint(const pictor_host *host, pictor_job job,
                                      std::uint32_t request, pictor_str bytes) noexcept {
    return guarded(host, "job_checkpoint", [&]() -> pictor_status {
      if (!of(host).is_open(job, request)) return PICTOR_STALE;
      return checkpoints(host, &job, &request, &bytes, 1);
    });
  }

  static pictor_status job_checkpoints(const pictor_host *host, const pictor_job *jobs,
                                       const std::uint32_t *requests, const pictor_str *bytes,
                                       std::uint64_t count) noexcept {
    return guarded(host, "job_checkpoints", [&] {
      if (count != 0 && (jobs == nullptr || requests == nullptr || bytes == nullptr)) {
        throw ContractFault("jobs, requests or bytes is NULL");
      }
      return checkpoints(host, jobs, requests, bytes, count);
    });
  }

  static pictor_status checkpoints(const pictor_host *host, const pictor_job *jobs,
                                   const std::uint32_t *requests, const pictor_str *bytes,
                                   std::uint64_t count) {
    Json states = Json::array();
    for (std::uint64_t i = 0; i < count; ++i) {
      states.push_back(Json::array({jobs[i], requests[i], pack(bytes[i])}));
    }
    const Message answer = of(host).ask({{"ask", "checkpoints"}, {"states", std::move(states)}});
    return answer.content.at("status").get<pictor_status>();
  }

  static pictor_status job_done(const pictor_host *host, pictor_job job,
                                std::uint32_t request) noexcept {
    return guarded(host, "job_done", [&] {
      return of(host).end(job, request, {{"tell", "done"}, {"job", job}, {"request", request}});
    });
  }

  static pictor_status job_fail(const pictor_host *host, pictor_job job, std::uint32_t request,
                                const pictor_error *error) noexcept {
    return guarded(host, "job_fail", [&] {
      Json message = {{"tell", "fail"}, {"job", job}, {"request", request}};
      try {
        message["error"] = pack(known_part(error, "pictor_error"));
      } catch (const ContractFault &fault) {
        // The request ends all the same.
        message["error"] = nullptr;
        message["fault"] = fault.what();
      }
      return of(host).end(job, request, std::move(message));
    });
  }
};

RemoteHost::RemoteHost(Channel &channel, pictor_log_level log_level)
    : channel_(channel), log_level_(log_level) {
  table_ = {
      .struct_size = sizeof table_,
      .abi_minor = PICTOR_ABI_MINOR,
      .ctx = this,
      .name = "pictor",
      .version = PICTOR_VERSION,
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
}

Message RemoteHost::ask(Json question, std::initializer_list<int> files) {
  std::future<Message> answer;
  {
    const std::lock_guard lock(mutex_);
    question["id"] = ++next_;
    answer = asked_[next_].get_future();
  }
  channel_.send(question, files);
  return answer.get();
}

void RemoteHost::answered(Message message) {
  const std::lock_guard lock(mutex_);
  const auto asked = asked_.find(message.content.at("answer").get<std::uint64_t>());
  if (asked == asked_.end()) return;
  asked->second.set_value(std::move(message));
  asked_.erase(asked);
}

void RemoteHost::begin(pictor_job job, std::shared_ptr<HeldJob> held) {
  held->ended.resize(held->requests.size());
  held->open = held->requests.size();
  const std::lock_guard lock(mutex_);
  jobs_[job] = std::move(held);
}

void RemoteHost::returned(pictor_job job, bool accepted) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  found->second->called = false;
  if (!accepted || found->second->open == 0) jobs_.erase(found);
}

void RemoteHost::cancel(pictor_job job) {
  if (const std::shared_ptr<HeldJob> held = find(job)) held->cancelled = true;
}

pictor_error_sink RemoteHost::open_sink() {
  const std::lock_guard lock(mutex_);
  sinks_[++next_] = nullptr;
  return next_;
}

Json RemoteHost::close_sink(pictor_error_sink sink) {
  const std::lock_guard lock(mutex_);
  Json reason = std::move(sinks_[sink]);
  sinks_.erase(sink);
  return reason;
}

std::shared_ptr<HeldJob> RemoteHost::find(pictor_job job) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  return found == jobs_.end() ? nullptr : found->second;
}

// A load's job has no requests, and number 0 stands for it.
bool RemoteHost::is_open(pictor_job job, std::uint32_t request) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return false;
  const HeldJob &held = *found->second;
  if (held.requests.empty() && request == 0) return true;
  if (request >= held.ended.size()) {
    throw ContractFault(fmt::format("request {} of a job of {}", request, held.ended.size()));
  }
  return !held.ended[request];
}

pictor_status RemoteHost::end(pictor_job job, std::uint32_t request, Json message) {
  if (!is_open(job, request)) return PICTOR_STALE;
  std::shared_ptr<HeldJob> over;  // goes without the lock
  {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(job);
    if (found == jobs_.end()) return PICTOR_STALE;
    HeldJob &held = *found->second;
    if (held.requests.empty()) throw ContractFault("the job of a load has no ends");
    if (held.ended[request]) return PICTOR_STALE;
    held.ended[request] = true;
    if (--held.open == 0 && !held.called) {
      over = std::move(found->second);
      jobs_.erase(found);
    }
  }
  channel_.send(message);
  return PICTOR_OK;
}

pictor_status RemoteHost::hand_over(pictor_job job, std::uint32_t request,
                                    const pictor_image *theirs, const pictor_image_meta *meta) {
  if (!is_open(job, request)) return PICTOR_STALE;
  const pictor_image image = check_image(theirs);
  const std::string_view bytes(static_cast<const char *>(image.data), bytes_of(image));
  const Descriptor file = sealed_file(bytes);
  const Message answer = ask({{"ask", "image"},
                              {"job", job},
                              {"request", request},
                              {"frame", pack_frame(image)},
                              {"meta", pack(meta)}},
                             {file.get()});
  const auto status = answer.content.at("status").get<pictor_status>();
  if (status == PICTOR_OK && image.release != nullptr) image.release(image.release_ctx, image.data);
  return status;
}

void RemoteHost::complain(const char *function, const char *what) noexcept {
  try {
    channel_.send(
        {{"tell", "log"}, {"level", PICTOR_LOG_WARNING}, {"target", function}, {"message", what}});
  } catch (...) {
    // No memory for the line: the status tells the plugin all the same.
    return;
  }
}

// At most one sign in a while: a plugin may ask very often.
void RemoteHost::show_life() {
  const std::int64_t now = monotonic_ns();
  std::int64_t next = next_sign_ns_.load(std::memory_order_relaxed);
  if (now < next || !next_sign_ns_.compare_exchange_strong(next, now + sign_interval_ns)) return;
  channel_.send({{"tell", "alive"}});
}

}  // namespace pictor::host::worker
