#include "check/recording_host.hpp"

#include "plugin/abi_read.hpp"
#include "plugin/pictures.hpp"

#include <fmt/format.h>

namespace pictor::host::check {

namespace {

constexpr std::size_t most_breaches = 1000;
constexpr std::uint64_t most_checkpoint = 64 << 10;

}  // namespace

std::size_t digest_of(const Picture &picture) {
  return std::hash<std::string_view>{}(
      {reinterpret_cast<const char *>(picture.data.get()), picture.size});
}

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

void RecordingHost::cancel_jobs() {
  const std::lock_guard lock(mutex_);
  for (const auto &[number, job] : jobs_) job->cancelled = true;
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

pictor_status RecordingHost::image(SeenJob &job, std::uint32_t request, const pictor_image *theirs,
                                   const pictor_image_meta *their_meta) {
  // What is let go of goes after the lock does: `release` may call about any job.
  SharedBytes last;
  std::unique_lock lock(job.mutex);
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
      if (seen.preview_every == 0) {
        breach(Rule::progress, "a preview came, but preview_every was 0");
      }
      lock.unlock();
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
    if (job.release_at_once) last = std::move(taken.picture.data);
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
  seen.failed = error != nullptr;
  seen.status = status;
  seen.error = std::move(reason);
  job.changed.notify_all();
  return PICTOR_OK;
}

pictor_status RecordingHost::checkpoint(SeenJob &job, std::uint32_t request,
                                        const pictor_str &bytes) {
  const std::lock_guard lock(job.mutex);
  const bool unreadable = bytes.data == nullptr && bytes.size != 0;
  if (job.is_load || request >= job.requests.size() || bytes.size > most_checkpoint || unreadable) {
    breach(Rule::terminal, fmt::format("a checkpoint of {} bytes at {} about request {} of {}",
                                       bytes.size, unreadable ? "NULL" : "an address", request,
                                       job.is_load ? 0 : job.requests.size()));
    return PICTOR_INVALID_ARGUMENT;
  }
  SeenRequest &seen = job.requests[request];
  if (seen.ended || job.closed) return PICTOR_STALE;
  seen.checkpoint.assign(bytes.data == nullptr ? "" : bytes.data, bytes.size);
  return PICTOR_OK;
}

}  // namespace pictor::host::check
