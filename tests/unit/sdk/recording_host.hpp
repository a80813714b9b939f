#pragma once

#include <pictor/abi.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace pictor::test {

// A host that writes down what a plugin tells it. One at a time: the ABI's functions are C
// functions.
struct RecordingHost {
  pictor_host table{};
  std::vector<std::string> events;  // "done 0", "fail 1: text", "image 0/1 2x2"
  std::string error;
  std::map<std::string, std::string> secrets;
  bool cancelled = false;
  std::set<pictor_job> cancelled_jobs;
  bool accept_images = true;

  static RecordingHost &of(const pictor_host *host) {
    return *static_cast<RecordingHost *>(host->ctx);
  }
  static std::string text(pictor_str str) { return {str.data, str.size}; }

  RecordingHost() {
    table.struct_size = sizeof table;
    table.ctx = this;
    table.name = "recording";
    table.version = "1";
    table.get_extension = [](const pictor_host *, const char *) noexcept -> const void * {
      return nullptr;
    };
    table.log_enabled = [](const pictor_host *, pictor_log_level) noexcept { return 1; };
    table.log = [](const pictor_host *host, pictor_log_level, const char *target,
                   pictor_str message) noexcept {
      of(host).events.push_back("log " + std::string(target) + ": " + text(message));
    };
    table.secret_read = [](const pictor_host *host, const char *name,
                           void (*use)(void *, const char *, uint64_t) noexcept,
                           void *ctx) noexcept {
      const auto found = of(host).secrets.find(name);
      if (found == of(host).secrets.end()) return pictor_status{PICTOR_NOT_FOUND};
      use(ctx, found->second.data(), found->second.size());
      return pictor_status{PICTOR_OK};
    };
    table.job_cancelled = [](const pictor_host *host, pictor_job job) noexcept -> int32_t {
      return of(host).cancelled || of(host).cancelled_jobs.contains(job) ? 1 : 0;
    };
    table.job_checkpoints = [](const pictor_host *host, const pictor_job *jobs,
                               const uint32_t *requests, const pictor_str *bytes,
                               uint64_t count) noexcept {
      for (uint64_t i = 0; i < count; ++i) {
        of(host).events.push_back("checkpoint of job " + std::to_string(jobs[i]) + "/" +
                                  std::to_string(requests[i]) + ": " + text(bytes[i]));
      }
      return pictor_status{PICTOR_OK};
    };
    table.job_progress = [](const pictor_host *, pictor_job, uint32_t, double, uint32_t, uint32_t,
                            const char *) noexcept { return pictor_status{PICTOR_OK}; };
    table.job_image = [](const pictor_host *host, pictor_job, uint32_t request,
                         const pictor_image *image, const pictor_image_meta *meta) noexcept {
      if (!of(host).accept_images) return pictor_status{PICTOR_INVALID_ARGUMENT};
      of(host).events.push_back("image " + std::to_string(request) + "/" +
                                std::to_string(meta->image_index) + " " +
                                std::to_string(image->width) + "x" + std::to_string(image->height));
      if (image->release != nullptr) image->release(image->release_ctx, image->data);
      return pictor_status{PICTOR_OK};
    };
    table.job_checkpoint = [](const pictor_host *host, pictor_job, uint32_t,
                              pictor_str bytes) noexcept {
      of(host).events.push_back("checkpoint " + text(bytes));
      return pictor_status{PICTOR_OK};
    };
    table.job_done = [](const pictor_host *host, pictor_job, uint32_t request) noexcept {
      of(host).events.push_back("done " + std::to_string(request));
      return pictor_status{PICTOR_OK};
    };
    table.job_fail = [](const pictor_host *host, pictor_job, uint32_t request,
                        const pictor_error *failure) noexcept {
      of(host).events.push_back("fail " + std::to_string(request) + ": " + text(failure->message));
      return pictor_status{PICTOR_OK};
    };
    table.set_error = [](const pictor_host *host, pictor_error_sink,
                         const pictor_error *failure) noexcept {
      of(host).error = std::to_string(failure->status) + " " + text(failure->param_id) + ": " +
                       text(failure->message);
    };
    table.now_ns = [](const pictor_host *) noexcept { return int64_t{1}; };
  }
};

}  // namespace pictor::test
