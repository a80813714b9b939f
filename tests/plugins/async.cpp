// Answers from a thread of its own: the requests of a job last first, and a cancelled job's as
// cancelled.
#include "fixture.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace {

struct Work {
  std::vector<const pictor_request *> requests;
  pictor_job job;
};

struct Painter {
  std::mutex mutex;
  std::condition_variable more;
  std::vector<Work> queue;
  bool stopping = false;
  std::thread thread{[this] { run(); }};

  ~Painter() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    more.notify_one();
    thread.join();
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      more.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      const Work work = std::move(queue.front());
      queue.erase(queue.begin());
      lock.unlock();
      paint(work);
      lock.lock();
    }
  }

  static void paint(const Work &work) {
    for (std::size_t left = work.requests.size(); left > 0; --left) {
      const auto index = static_cast<uint32_t>(left - 1);
      if (host->job_cancelled(host, work.job) != 0) {
        const pictor_error why = reason(PICTOR_CANCELLED, "");
        host->job_fail(host, work.job, index, &why);
        continue;
      }
      draw_all(work.job, index, work.requests[index]);
      host->job_done(host, work.job, index);
    }
  }
};

Painter *painter = nullptr;

pictor_status load(pictor_model *, pictor_job, pictor_error_sink) noexcept {
  if (painter == nullptr) painter = new Painter;
  return PICTOR_OK;
}

pictor_status unload(pictor_model *) noexcept {
  delete painter;
  painter = nullptr;
  return PICTOR_OK;
}

pictor_status submit(pictor_model *, const pictor_request *const *requests, uint32_t count,
                     pictor_job job, pictor_error_sink) noexcept {
  {
    const std::lock_guard lock(painter->mutex);
    painter->queue.push_back({{requests, requests + count}, job});
  }
  painter->more.notify_one();
  return PICTOR_OK;
}

}  // namespace

#define FIXTURE_ID "async"
#define FIXTURE_LOAD load
#define FIXTURE_UNLOAD unload
#define FIXTURE_SUBMIT submit
#include "fixture_tables.h"
