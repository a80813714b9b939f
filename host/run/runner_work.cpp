#include "run/runner.hpp"

#include <algorithm>
#include <utility>

namespace pictor::host {

namespace {

// Into the lanes at once: the first of many should not wait for the last.
constexpr std::size_t most_batches = 1024;

}  // namespace

bool Runner::has_room(const RunningModel &model) const {
  return model.loaded && !model.ended && !model.lacks_money && model.batches < model.shape.batches;
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
    while (batches.size() < most_batches && has_room(models_[m]) && may_leave(m)) {
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
  while (batch.empty() && has_room(model)) {
    std::vector<Work> ready = parts_.plan.next_ready(m, most, now);
    if (ready.empty()) return batch;
    for (Work &work : ready) {
      end_late(work);
      if (work.generations.empty()) continue;
      const RequestPtr request = affordable_request(work);
      if (request == nullptr) continue;
      batch.push_back(request);
      open_[batch.back()].ticket = admission_->pool(m).sent(batch.back()->pictures(), now);
    }
  }
  if (batch.empty()) return batch;
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

// The request for as many of the work's pictures as the budget is for; the others go back. Null:
// for none, now or any more.
RequestPtr Runner::affordable_request(const Work &work) {
  RunningModel &model = models_[work.lane];
  if (model.ended || model.lacks_money) {
    put_back(work, 0);
    return nullptr;
  }
  RequestPtr request = make_request(work);
  const Billing::Admitted admitted = parts_.billing->admit(*request);
  if (admitted.pictures == request->pictures()) return request;
  open_.erase(request);
  put_back(work, admitted.pictures);
  if (admitted.wait) model.lacks_money = true;
  if (admitted.pictures == 0) {
    if (!admitted.wait) stop_for_budget(work.lane);
    return nullptr;
  }
  Work part = work;
  part.generations.resize(admitted.pictures);
  return make_request(part);
}

void Runner::put_back(const Work &work, std::size_t from) {
  for (std::size_t i = from; i < work.generations.size(); ++i) {
    parts_.plan.put_back({work.row, work.model, work.generations[i]}, Time::min(), work.lane);
  }
}

// What it is drawing goes on.
void Runner::stop_for_budget(std::uint32_t m) {
  budget_reached_ = models_[m].ended = true;
  parts_.plan.stop_model(m);
  retries_.stopped(m);
  parts_.status.model(
      {parts_.models[m].name, ModelState::stopped, -1, 0, 0, "the budget is used up"});
}

void Runner::money_came_free() {
  for (RunningModel &model : models_) model.lacks_money = false;
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
        billed.push_back({request->key(i), parts_.billing->reserved(*request, i)});
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
      parts_.billing->withdrawn(*request);
      money_came_free();
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
