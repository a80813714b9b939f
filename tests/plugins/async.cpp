// Answers from a thread of its own: the requests of a job last first, and a cancelled job's as
// cancelled.
#include "fixture.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
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

struct Instance {
  pictor_model model;
  std::unique_ptr<Painter> painter;
};

Instance &instance(pictor_model *model) {
  return *static_cast<Instance *>(model->plugin_data);
}

pictor_status load(pictor_model *model, pictor_job, pictor_error_sink) noexcept {
  auto &painter = instance(model).painter;
  try {
    if (!painter) painter = std::make_unique<Painter>();
    return PICTOR_OK;
  } catch (const std::bad_alloc &) {
    return PICTOR_RESOURCE_EXHAUSTED;
  }
}

pictor_status unload(pictor_model *model) noexcept {
  instance(model).painter.reset();
  return PICTOR_OK;
}

pictor_status submit(pictor_model *model, const pictor_request *const *requests, uint32_t count,
                     pictor_job job, pictor_error_sink) noexcept {
  Painter &painter = *instance(model).painter;
  try {
    const std::lock_guard lock(painter.mutex);
    painter.queue.push_back({{requests, requests + count}, job});
  } catch (const std::bad_alloc &) {
    return PICTOR_RESOURCE_EXHAUSTED;
  }
  painter.more.notify_one();
  return PICTOR_OK;
}

void destroy(pictor_model *model) noexcept {
  delete &instance(model);
}

pictor_model *create(const pictor_plugin *self, const char *model_id,
                     const pictor_kv *const *values, uint64_t count,
                     pictor_error_sink error) noexcept;

}  // namespace

#define FIXTURE_ID "async"
#define FIXTURE_LOAD load
#define FIXTURE_UNLOAD unload
#define FIXTURE_SUBMIT submit
#define FIXTURE_CREATE create
#include "fixture_tables.h"

namespace {

pictor_model *create(const pictor_plugin *self, const char *model_id,
                     const pictor_kv *const *values, uint64_t count,
                     pictor_error_sink error) noexcept {
  if (create_default(self, model_id, values, count, error) == nullptr) return nullptr;
  auto *made = new Instance{fixture_model, nullptr};
  made->model.plugin_data = made;
  made->model.destroy = destroy;
  return &made->model;
}

}  // namespace
