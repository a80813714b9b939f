#pragma once

#include "plugin/model.hpp"
#include "run/channels.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace pictor::host {

// One batch while a model draws it: takes the model's events to the encoders and to the ledger's
// thread.
class Drawing final : public ModelEvents {
 public:
  Drawing(std::vector<RequestPtr> batch, std::shared_ptr<Channels> channels);

  void progress(std::uint32_t request, double fraction, std::uint32_t step, std::uint32_t steps,
                const std::string &stage) override;
  // Waits while the encoders are behind.
  void picture(std::uint32_t request, std::uint32_t image_index, Picture picture,
               PictureMeta meta) override;
  std::future<void> checkpoint(std::uint32_t request, const std::string &bytes) override;
  void ended(std::uint32_t request, std::optional<Failure> failure) override;

 private:
  const std::vector<RequestPtr> batch_;
  const std::shared_ptr<Channels> channels_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  Throttle reports_;
  std::mutex mutex_;
  std::vector<std::vector<bool>> handed_over_;  // by request, by index
  std::vector<RateReport> reports_of_;          // by request
  std::size_t open_;
};

}  // namespace pictor::host
