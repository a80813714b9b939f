#include "run/runner.hpp"

#include <algorithm>
#include <utility>

namespace pictor::host {

bool Runner::has_room(const RunningModel &model) const {
  return model.loaded && !model.ended && model.batches < model.shape.batches;
}

bool Runner::may_leave(std::uint32_t m) const {
  const Time now = parts_.clock->now();
  return admission_->ready(m, now) <= now;
}

void Runner::give_work() {
  if (!taking_work()) return;
  record_retried();  // before any of them is sent again
  std::vector<Batch> batches;
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    while (has_room(models_[m]) && may_leave(m)) {
      Batch batch = next_batch(m);
      if (batch.empty()) break;
      batches.push_back(std::move(batch));
    }
  }
  record_started(batches);
  for (Batch &batch : batches) {
    models_[batch.front()->work.lane].lane->give(std::move(batch));
  }
}

// The model's next call, counted as sent. Empty: there is nothing to ask for now.
Runner::Batch Runner::next_batch(std::uint32_t m) {
  RunningModel &model = models_[m];
  const Time now = parts_.clock->now();
  const std::uint32_t most = std::min(model.shape.max_batch, admission_->most_requests(m));
  Batch batch;
  while (batch.empty()) {
    std::vector<Work> ready = parts_.plan.next_ready(m, most, now);
    if (ready.empty()) return batch;
    for (Work &work : ready) {
      end_late(work);
      if (work.generations.empty()) continue;
      batch.push_back(make_request(work));
      open_[batch.back()].ticket = admission_->pool(m).sent(batch.back()->pictures(), now);
    }
  }
  ++model.batches;
  admission_->pool(m).call_began();
  return batch;
}

RequestPtr Runner::make_request(const Work &work) {
  const RunningModel &model = models_[work.lane];
  auto request = std::make_shared<Request>(parts_.make_request(work));
  request->model_name = model.model_name;
  request->ignores_seed = model.info.ignores_seed;
  // A checkpoint is the wanted model's own: nobody else could make anything of it.
  if (request->fallback_for == nullptr) {
    request->asked.checkpoint = parts_.ledger.checkpoint(request->number, request->model->number);
  }
  if (const auto left = retries_.time_left(work, parts_.clock->now())) {
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(*left);
    request->asked.timeout_ms = std::max<std::int64_t>(whole.count(), 1);
  }
  open_[request] = {request->pictures(), false, false, !request->asked.checkpoint.empty()};
  return request;
}

// Ends the samples that waited beyond their deadline, and takes them out of `work`.
void Runner::end_late(Work &work) {
  Work late = work;
  const auto is_late = [&](std::uint32_t generation) {
    return retries_.is_late({work.row, work.model, generation}, work.lane, parts_.clock->now());
  };
  std::erase_if(work.generations, is_late);
  std::erase_if(late.generations, [&](std::uint32_t generation) { return !is_late(generation); });
  if (late.generations.empty()) return;
  const RequestPtr request = make_request(late);
  open_[request].ended = true;
  for (std::uint32_t i = 0; i < request->pictures(); ++i) {
    SampleEnd end = parts_.store.failed(*request, i, retries_.late_failure(request->sample(i)));
    end.attempts = 0;  // of this request, which is never sent
    end_sample(request, i, std::move(end));
  }
}

void Runner::record_started(std::span<const Batch> batches) {
  std::vector<StartedSample> billed;
  for (const Batch &batch : batches) {
    if (!models_[batch.front()->work.lane].info.billed) continue;
    for (const RequestPtr &request : batch) {
      for (std::uint32_t i = 0; i < request->pictures(); ++i) {
        billed.push_back({request->key(i), {}});
      }
    }
  }
  if (!billed.empty()) parts_.ledger.started(billed);
}

void Runner::take_back(RunningModel &model) {
  const Time now = parts_.clock->now();
  std::vector<SampleKey> withdrawn;
  for (const Batch &batch : model.lane->take_back()) {
    --model.batches;
    LimitPool &pool = admission_->pool(batch.front()->work.lane);
    pool.call_ended();
    for (const RequestPtr &request : batch) {
      pool.withdrawn(open_[request].ticket, now);
      for (std::uint32_t i = 0; i < request->pictures(); ++i) {
        parts_.plan.put_back(request->sample(i), Time::min(), request->work.lane);
        withdrawn.push_back(request->key(i));
      }
      open_.erase(request);
    }
  }
  if (model.info.billed && !withdrawn.empty()) parts_.ledger.withdrawn(withdrawn);
}

}  // namespace pictor::host
