#include "run/drawing.hpp"

namespace pictor::host {

Drawing::Drawing(std::vector<RequestPtr> batch, std::shared_ptr<Channels> channels)
    : batch_(std::move(batch)), channels_(std::move(channels)), open_(batch_.size()) {
  for (const RequestPtr &request : batch_) handed_over_.emplace_back(request->pictures());
  reports_of_.resize(batch_.size());
}

void Drawing::progress(std::uint32_t request, double fraction, std::uint32_t step,
                       std::uint32_t steps, const std::string &stage) {
  if (!reports_.due()) return;
  channels_->inbox.post(ModelDrawing{batch_[request]->work.lane, fraction, step, steps, stage});
}

void Drawing::picture(std::uint32_t request, std::uint32_t image_index, Picture picture,
                      PictureMeta meta) {
  const auto drawn_in = std::chrono::steady_clock::now() - begun_;
  {
    const std::lock_guard lock(mutex_);
    handed_over_[request][image_index] = true;
    reports_of_[request].add(meta.extra);
  }
  // Refused only when the run is being torn down: then the sample has no end and is drawn again.
  channels_->pictures.push(
      {batch_[request], image_index, std::move(picture), std::move(meta), drawn_in});
}

std::future<void> Drawing::checkpoint(std::uint32_t request, const std::string &bytes) {
  CheckpointGiven given{batch_[request], bytes, {}};
  std::future<void> stored = given.stored.get_future();
  channels_->inbox.post(std::move(given));
  return stored;
}

void Drawing::ended(std::uint32_t request, std::optional<Failure> failure) {
  RequestEnded end{batch_[request], {}, {}, std::move(failure), false};
  {
    const std::lock_guard lock(mutex_);
    end.handed_over = handed_over_[request];
    end.report = reports_of_[request];
    end.batch_ended = --open_ == 0;
  }
  channels_->inbox.post(std::move(end));
}

}  // namespace pictor::host
