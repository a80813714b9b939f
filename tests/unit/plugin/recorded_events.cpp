#include "recorded_events.hpp"

namespace pictor::test {

void RecordedEvents::progress(std::uint32_t, double, std::uint32_t, std::uint32_t,
                              const std::string &) {
  const std::lock_guard lock(mutex_);
  progressed_ = true;
  more_.notify_all();
}

void RecordedEvents::picture(std::uint32_t request, std::uint32_t image_index,
                             host::Picture picture, host::PictureMeta meta) {
  if (fails_on_pictures) throw std::runtime_error("no room for pictures");
  std::pair<host::Picture, host::PictureMeta> last{std::move(picture), std::move(meta)};
  {
    const std::lock_guard lock(mutex_);
    told_[request] += "picture " + std::to_string(image_index) + ", ";
    std::swap(pictures_[request], last);
  }
  // The picture before this one is dropped here, without the lock.
}

std::future<void> RecordedEvents::checkpoint(std::uint32_t request, const std::string &bytes) {
  const std::lock_guard lock(mutex_);
  told_[request] += "checkpoint '" + bytes + "', ";
  std::promise<void> stored;
  stored.set_value();
  return stored.get_future();
}

void RecordedEvents::ended(std::uint32_t request, std::optional<host::Failure> failure) {
  const std::lock_guard lock(mutex_);
  told_[request] += failure ? std::string(host::name_of(failure->outcome)) : "done";
  if (failure) failures_[request] = *failure;
  ends_.push_back(request);
  more_.notify_all();
}

std::string RecordedEvents::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  more_.wait(lock, [&] { return ends_.size() >= count; });
  std::string text;
  for (const auto &[request, told] : told_) {
    text += (text.empty() ? "" : " | ") + std::to_string(request) + ": " + told;
  }
  return text;
}

void RecordedEvents::wait_for_progress() {
  std::unique_lock lock(mutex_);
  more_.wait(lock, [&] { return progressed_; });
}

std::vector<std::uint32_t> RecordedEvents::order_of_ends() const {
  const std::lock_guard lock(mutex_);
  return ends_;
}

host::Failure RecordedEvents::failure(std::uint32_t request) const {
  const std::lock_guard lock(mutex_);
  return failures_.at(request);
}

host::Picture RecordedEvents::picture(std::uint32_t request) const {
  const std::lock_guard lock(mutex_);
  return pictures_.at(request).first;
}

host::PictureMeta RecordedEvents::meta(std::uint32_t request) const {
  const std::lock_guard lock(mutex_);
  return pictures_.at(request).second;
}

std::vector<host::ModelRequest> requests(std::size_t count, std::size_t pictures,
                                         const std::string &prompt) {
  std::vector<host::ModelRequest> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    all[i].prompt = prompt;
    for (std::size_t k = 0; k < pictures; ++k) all[i].seeds.push_back(100 * i + k);
  }
  return all;
}

}  // namespace pictor::test
