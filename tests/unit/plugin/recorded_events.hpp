#pragma once

#include "plugin/model.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace pictor::test {

// Writes down what a batch reports, as text that a reader can check.
class RecordedEvents : public host::ModelEvents {
 public:
  void progress(std::uint32_t request, double fraction, std::uint32_t step, std::uint32_t steps,
                const std::string &stage) override;
  void picture(std::uint32_t request, std::uint32_t image_index, host::Picture picture,
               host::PictureMeta meta) override;
  std::future<void> checkpoint(std::uint32_t request, const std::string &bytes) override;
  void ended(std::uint32_t request, std::optional<host::Failure> failure) override;

  // "0: picture 0, picture 1, done | 1: picture 0, internal", after `count` ends have come.
  std::string wait_for(std::size_t count);
  std::vector<std::uint32_t> order_of_ends() const;
  host::Failure failure(std::uint32_t request) const;
  host::Picture picture(std::uint32_t request) const;
  host::PictureMeta meta(std::uint32_t request) const;
  // Waits for the first progress of any request.
  void wait_for_progress();

  bool fails_on_pictures = false;

 private:
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::map<std::uint32_t, std::string> told_;
  std::vector<std::uint32_t> ends_;
  std::map<std::uint32_t, host::Failure> failures_;
  std::map<std::uint32_t, std::pair<host::Picture, host::PictureMeta>> pictures_;
  bool progressed_ = false;
};

// As many requests as asked for, each for `pictures` pictures of its own seeds.
std::vector<host::ModelRequest> requests(std::size_t count, std::size_t pictures = 1,
                                         const std::string &prompt = "a fox");

}  // namespace pictor::test
