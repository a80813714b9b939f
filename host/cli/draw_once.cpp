#include "cli/draw_once.hpp"

#include "base/error.hpp"
#include "base/interrupt.hpp"

#include <fmt/core.h>

#include <condition_variable>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

namespace pictor::host {
namespace {

// Passes one request's events on, one at a time, and waits for its end.
class OneRequest final : public ModelEvents {
 public:
  explicit OneRequest(const DrawListener &listener) : listener_(listener) {}

  void progress(std::uint32_t, double fraction, std::uint32_t step, std::uint32_t steps,
                const std::string &stage) override {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (steps > 0) {
      listener_.progress(fmt::format("step {} of {}", step, steps));
    } else if (fraction >= 0) {
      listener_.progress(fmt::format("{} {:.0f}%", stage, fraction * 100));
    }
  }

  // The picture is given back to the plugin after the lock, for that may call the host again.
  void picture(std::uint32_t, std::uint32_t index, Picture picture, PictureMeta meta) override {
    const std::lock_guard lock(mutex_);
    if (ended_ || broken_) return;
    try {
      listener_.picture(index, picture, meta);
    } catch (...) {
      broken_ = std::current_exception();
      throw;
    }
  }

  // One picture now has no later life.
  std::future<void> checkpoint(std::uint32_t, const std::string &) override {
    std::promise<void> stored;
    stored.set_value();
    return stored.get_future();
  }

  void ended(std::uint32_t, std::optional<Failure> failure) override {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    failure_ = std::move(failure);
    ended_ = true;
    changed_.notify_all();
  }

  // Whether all of it was drawn.
  bool finished() {
    const std::lock_guard lock(mutex_);
    return ended_ && !failure_;
  }

  // Nothing is passed on from now on, whatever the model does: the listener may go.
  void abandon() { ended(0, Failure{Outcome::cancelled, "generate", "abandoned", {}, {}, {}}); }

  std::optional<Failure> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_; });
    if (broken_) std::rethrow_exception(broken_);
    return failure_;
  }

 private:
  const DrawListener &listener_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::exception_ptr broken_;
  std::optional<Failure> failure_;
  bool ended_ = false;
};

std::string loading_text(double fraction, const std::string &stage) {
  const std::string what = stage.empty() ? "loading the model" : stage;
  return fraction < 0 ? what : fmt::format("{} {:.0f}%", what, fraction * 100);
}

}  // namespace

std::optional<Failure> draw_once(Painter &painter, ModelRequest request,
                                 const DrawListener &listener) {
  const auto events = std::make_shared<OneRequest>(listener);
  const Interrupt interrupt([&](InterruptLevel level) {
    painter.cancel();
    if (level == InterruptLevel::stop) events->abandon();
  });
  const auto interrupted = [&] { return interrupt.level() != InterruptLevel::none; };
  std::mutex telling;
  std::optional<Failure> failure = painter.load(
      [&](double fraction, const std::string &stage) {
        const std::lock_guard lock(telling);
        listener.progress(loading_text(fraction, stage));
      },
      interrupted);
  if (!failure && !interrupted()) {
    std::vector<ModelRequest> batch;
    batch.push_back(std::move(request));
    painter.generate(std::move(batch), events);
    failure = events->wait();
  }
  if (interrupted() && !events->finished()) throw Error("interrupted", "", ExitCode::interrupted);
  return failure;
}

}  // namespace pictor::host
