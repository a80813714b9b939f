// What a worker asks of the host and tells it, and what becomes of its work when it is gone.
#include "base/log.hpp"
#include "plugin/abi_read.hpp"
#include "worker/proxy_plugin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace pictor::host::worker {

namespace {

// Before it is started again after its first end; doubled each time.
constexpr std::chrono::milliseconds first_pause{500};

pictor_str view(const std::string &text) {
  return {text.data(), text.size()};
}

pictor_error error_of(pictor_status status, std::uint32_t flags, const std::string &message) {
  pictor_error error{};
  error.struct_size = sizeof error;
  error.status = status;
  error.flags = flags;
  error.retry_after_ms = -1;
  error.message = view(message);
  return error;
}

// Pixels that the host still reads: unmapped with the last of them.
void release_pixels(void *mapped, const void *) noexcept {
  delete static_cast<MappedFile *>(mapped);
}

}  // namespace

void ProxyPlugin::tell_reason(pictor_error_sink sink, pictor_status status,
                              const std::string &message) const {
  if (host_ == nullptr || sink == 0) return;
  const pictor_error error = error_of(status, PICTOR_ERROR_RETRY_SAFE, message);
  host_->set_error(host_, sink, &error);
}

pictor_status ProxyPlugin::status_of(const std::optional<Json> &answer, pictor_error_sink sink) {
  if (!answer) {
    std::string reason;
    {
      const std::lock_guard lock(mutex_);
      reason = last_death_;
    }
    tell_reason(sink, PICTOR_UNAVAILABLE, reason);
    return PICTOR_UNAVAILABLE;
  }
  if (answer->contains("fault")) {
    tell_reason(sink, PICTOR_INTERNAL, answer->at("fault").get<std::string>());
    return PICTOR_INTERNAL;
  }
  const auto status = answer->at("status").get<pictor_status>();
  const Json packed = answer->value("error", Json());
  if (!packed.is_null() && host_ != nullptr && sink != 0) {
    Unpacked memory;
    const pictor_error error = memory.error(packed);
    host_->set_error(host_, sink, &error);
  }
  if (status != PICTOR_DEVICE_LOST) return status;
  condemned_ = true;
  return PICTOR_UNAVAILABLE;
}

void ProxyPlugin::begin(pictor_job job, Work work) {
  work.open = work.requests.size();
  const std::lock_guard lock(mutex_);
  work_[job] = std::move(work);
}

void ProxyPlugin::forget(pictor_job job) {
  const std::lock_guard lock(mutex_);
  work_.erase(job);
}

void ProxyPlugin::lose(pictor_job job) {
  std::unique_lock lock(mutex_);
  const auto found = work_.find(job);
  if (found == work_.end()) return;
  const Work work = std::move(found->second);
  work_.erase(found);
  const std::string reason = last_death_;
  lock.unlock();
  fail_open(job, work, reason);
}

void ProxyPlugin::fail_open(pictor_job job, const Work &work, const std::string &message) const {
  for (std::uint32_t i = 0; i < work.requests.size(); ++i) {
    if (work.requests[i].ended) continue;
    std::uint32_t flags = 0;
    if (!work.billed) flags = PICTOR_ERROR_RETRY_SAFE;
    if (work.billed && !work.requests[i].has_checkpoint) flags = PICTOR_ERROR_MAYBE_BILLED;
    const pictor_error error = error_of(PICTOR_UNAVAILABLE, flags, message);
    host_->job_fail(host_, job, i, &error);
  }
}

bool ProxyPlugin::has_work() const {
  const std::lock_guard lock(mutex_);
  return !work_.empty();
}

std::vector<pictor_job> ProxyPlugin::told_to_end(const ProxyModel &model,
                                                 std::chrono::milliseconds grace) {
  std::vector<pictor_job> jobs;
  {
    const std::lock_guard lock(mutex_);
    for (const auto &[job, work] : work_) {
      if (work.model == &model) jobs.push_back(job);
    }
  }
  std::erase_if(jobs, [&](pictor_job job) { return host_->job_cancelled(host_, job) == 0; });
  const std::lock_guard lock(mutex_);
  for (const pictor_job job : jobs) {
    const auto work = work_.find(job);
    if (work == work_.end() || work->second.deadline) continue;
    work->second.deadline = std::chrono::steady_clock::now() + grace;
  }
  return jobs;
}

Json ProxyPlugin::asked(const Json &question, std::vector<Descriptor> files) {
  pictor_status status = PICTOR_INTERNAL;
  Json answer = Json::object();
  try {
    if (host_ == nullptr) throw ContractFault("it asks before it was initialised");
    const auto &what = question.at("ask").get_ref<const std::string &>();
    if (what == "image") status = take_image(question, std::move(files));
    if (what == "checkpoints") status = take_checkpoints(question);
    if (what == "secret") {
      const auto name = question.at("name").get<std::string>();
      status = host_->secret_read(host_, name.c_str(), take_secret, &answer);
    }
  } catch (const std::exception &failure) {
    log(LogLevel::warning, file_.filename().string(), failure.what());
  }
  answer["status"] = status;
  return answer;
}

pictor_status ProxyPlugin::take_image(const Json &question, std::vector<Descriptor> files) {
  if (files.size() != 1) return PICTOR_INTERNAL;
  auto mapped = std::make_unique<MappedFile>(files.front());
  Unpacked memory;
  pictor_image image = memory.frame(question.at("frame"));
  image.data = mapped->bytes().data();
  image.size = mapped->bytes().size();
  image.release = release_pixels;
  image.release_ctx = mapped.get();
  const pictor_image_meta meta = memory.meta(question.at("meta"));
  const pictor_status status =
      host_->job_image(host_, question.at("job").get<pictor_job>(),
                       question.at("request").get<std::uint32_t>(), &image, &meta);
  if (status == PICTOR_OK) mapped.release();  // the host releases it
  return status;
}

pictor_status ProxyPlugin::take_checkpoints(const Json &question) {
  std::vector<pictor_job> jobs;
  std::vector<std::uint32_t> requests;
  std::vector<pictor_str> states;
  const Json &packed = question.at("states");
  for (const Json &each : packed) {
    jobs.push_back(each.at(0).get<pictor_job>());
    requests.push_back(each.at(1).get<std::uint32_t>());
    states.push_back(view(each.at(2).get_ref<const std::string &>()));
  }
  const pictor_status status =
      host_->job_checkpoints(host_, jobs.data(), requests.data(), states.data(), states.size());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; status == PICTOR_OK && i < jobs.size(); ++i) {
    const auto work = work_.find(jobs[i]);
    if (work == work_.end() || requests[i] >= work->second.requests.size()) continue;
    work->second.requests[requests[i]].has_checkpoint = states[i].size != 0;
  }
  return status;
}

void ProxyPlugin::take_secret(void *answer, const char *bytes, std::uint64_t size) noexcept {
  (*static_cast<Json *>(answer))["bytes"] = std::string(bytes, size);
}

void ProxyPlugin::told(const Json &message) {
  if (host_ == nullptr) return;  // nothing is open before `init`
  const auto &what = message.at("tell").get_ref<const std::string &>();
  if (what == "log") {
    const auto text = message.at("message").get<std::string>();
    Unpacked memory;
    host_->log(host_, message.at("level").get<pictor_log_level>(),
               memory.c_text(message.at("target")), view(text));
  } else if (what == "progress") {
    Unpacked memory;
    host_->job_progress(
        host_, message.at("job").get<pictor_job>(), message.at("request").get<std::uint32_t>(),
        message.at("fraction").get<double>(), message.at("step").get<std::uint32_t>(),
        message.at("steps").get<std::uint32_t>(), memory.c_text(message.at("stage")));
  } else if (what == "done" || what == "fail") {
    request_ended(message);
  }
}

void ProxyPlugin::request_ended(const Json &message) {
  const auto job = message.at("job").get<pictor_job>();
  const auto request = message.at("request").get<std::uint32_t>();
  const bool done = message.at("tell") == "done";
  {
    const std::lock_guard lock(mutex_);
    const auto found = work_.find(job);
    if (found == work_.end() || request >= found->second.requests.size()) return;
    Work &work = found->second;
    if (std::exchange(work.requests[request].ended, true)) return;
    if (--work.open == 0) work_.erase(found);
    if (done) deaths_ = 0;
  }
  if (done) {
    host_->job_done(host_, job, request);
    return;
  }
  Unpacked memory;
  const Json &packed = message.at("error");
  pictor_error error{};
  if (!packed.is_null()) error = memory.error(packed);
  if (error.status == PICTOR_DEVICE_LOST) {
    // The device is broken for that process alone.
    condemned_ = true;
    error.status = PICTOR_UNAVAILABLE;
  }
  host_->job_fail(host_, job, request, packed.is_null() ? nullptr : &error);
}

void ProxyPlugin::printed(const std::string &line) {
  if (host_ != nullptr) host_->log(host_, PICTOR_LOG_INFO, "printed", view(line));
}

// A load that is to end is asked for by nobody: its job tells. What should have ended long ago
// never will.
void ProxyPlugin::tick(WorkerProcess &process) {
  std::vector<pictor_job> loads;
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto &[job, work] : work_) {
      if (work.requests.empty() && !work.told_to_end) loads.push_back(job);
      late = late || (work.deadline && std::chrono::steady_clock::now() > *work.deadline);
    }
  }
  if (late) return process.stop("did not end its work when it was told to");
  std::erase_if(loads, [&](pictor_job job) { return host_->job_cancelled(host_, job) == 0; });
  if (loads.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    for (const pictor_job job : loads) {
      if (const auto work = work_.find(job); work != work_.end()) work->second.told_to_end = true;
    }
  }
  process.tell({{"call", "cancel"}, {"instance", nullptr}, {"jobs", loads}});
}

bool ProxyPlugin::expects_signs() const {
  return has_work();
}

void ProxyPlugin::died(const std::string &reason) {
  std::map<pictor_job, Work> left;
  {
    const std::lock_guard lock(mutex_);
    last_death_ = reason;
    left.swap(work_);
    if (!stopping_) {
      next_start_ = std::chrono::steady_clock::now() + first_pause * (1 << deaths_);
      ++deaths_;
    }
  }
  if (!stopping_) log(LogLevel::warning, file_.filename().string(), reason);
  for (const auto &[job, work] : left) fail_open(job, work, reason);
}

}  // namespace pictor::host::worker
