#pragma once

#include "plugin/job.hpp"
#include "plugin/model.hpp"
#include "plugin/request.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pictor::host {

// The requests of one `generate` or `submit` on their way: turns what the plugin reports into
// ModelEvents, each request's calls one after the other, its end exactly once and last.
class Batch final : public Job {
 public:
  // A request that cannot be handed over ends here and now; the plugin sees the others.
  Batch(const std::vector<ParameterSpec> &specs, std::vector<ModelRequest> requests,
        std::shared_ptr<ModelEvents> events);

  const pictor_request *const *requests() const { return requests_.data(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(requests_.size()); }

  // Called once, by whoever ends the last request. Set it before the plugin knows the job.
  void when_all_ended(std::function<void()> then) { all_ended_ = std::move(then); }

  void cancel() { cancelled_ = true; }
  // Ends all requests that have not ended, with that failure; returns how many those were.
  std::uint32_t end_all(const Failure &failure);

  bool cancelled() const override { return cancelled_; }
  pictor_status progress(std::uint32_t request, const Progress &progress) override;
  pictor_status image(std::uint32_t request, const pictor_image *image,
                      const pictor_image_meta *meta) override;
  std::future<void> checkpoint(std::uint32_t request, std::string_view bytes) override;
  pictor_status done(std::uint32_t request) override;
  pictor_status fail(std::uint32_t request, const PluginError &error) override;

 private:
  struct Entry {
    Entry(std::uint32_t position, std::unique_ptr<RequestBlock> request)
        : position(position), block(std::move(request)), delivered(block->abi().image_count) {}

    const std::uint32_t position;  // in the caller's batch
    const std::unique_ptr<RequestBlock> block;
    // Recursive: dropping a picture inside `image` may call the plugin's `release`, which may call
    // the host about this request.
    std::recursive_mutex mutex;
    std::vector<bool> delivered;
    bool ended = false;
    std::string host_fault;  // why pictures that were taken did not arrive
  };

  Entry &entry(std::uint32_t request);
  std::optional<Failure> shortfall(const Entry &entry) const;
  bool end(Entry &entry, const std::optional<Failure> &failure);

  const std::vector<ParameterSpec> &specs_;
  const std::shared_ptr<ModelEvents> events_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<const pictor_request *> requests_;
  std::function<void()> all_ended_;
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> cancelled_{false};
};

}  // namespace pictor::host
