#pragma once

#include "plugin/job.hpp"

#include <functional>
#include <mutex>

namespace pictor::host {

// The job of a `load`: progress and cancellation of request 0, no pictures and no end.
class LoadJob final : public Job {
 public:
  using OnProgress = std::function<void(double fraction, const std::string &stage)>;

  LoadJob(OnProgress progress, std::function<bool()> cancelled);

  // No function of the caller's is called after this.
  void close();

  bool cancelled() const override;
  pictor_status progress(std::uint32_t request, const Progress &progress) override;
  pictor_status image(std::uint32_t, const pictor_image *, const pictor_image_meta *) override;
  std::future<void> checkpoint(std::uint32_t, std::string_view) override;
  pictor_status done(std::uint32_t) override;
  pictor_status fail(std::uint32_t, const PluginError &) override;

 private:
  const OnProgress progress_;
  const std::function<bool()> cancelled_;
  mutable std::mutex mutex_;
  bool closed_ = false;
};

}  // namespace pictor::host
