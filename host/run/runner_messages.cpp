#include "run/runner.hpp"

#include <fmt/format.h>

#include <utility>

namespace pictor::host {

namespace {

Failure nothing_handed_over() {
  Failure failure;
  failure.outcome = Outcome::internal;
  failure.stage = "generate";
  failure.message = "the plugin ended the request without handing this picture over";
  return failure;
}

}  // namespace

void Runner::handle(ModelLoading &message) {
  parts_.status.model({parts_.models[message.model].name, ModelState::loading, message.fraction, 0,
                       0, std::move(message.stage)});
}

void Runner::handle(ModelLoaded &message) {
  models_[message.model].loaded = true;
  if (progress_.ended == 0) drawing_since_ = parts_.clock->now();
  parts_.status.model({parts_.models[message.model].name, ModelState::drawing, -1, 0, 0, ""});
}

void Runner::handle(ModelNotLoaded &message) {
  if (taking_work()) return stop_model(message.model, message.failure);
  models_[message.model].ended = true;  // its loading was cancelled
}

void Runner::handle(ModelDrawing &message) {
  parts_.status.model({parts_.models[message.model].name, ModelState::drawing, message.fraction,
                       message.step, message.steps, std::move(message.stage)});
}

void Runner::handle(RequestEnded &message) {
  const std::uint32_t m = message.request->work.lane;
  LimitPool &pool = admission_->pool(m);
  if (message.batch_ended) {
    --models_[m].batches;
    pool.call_ended();
  }
  OpenRequest &open = open_[message.request];
  open.ended = true;
  const std::optional<Failure> &failure = message.failure;
  pool.answered(open.ticket, failure ? &*failure : nullptr, message.report, parts_.clock->now());
  fail_rest(message);
  if (failure && failure->stops_pool) stop_pool(m, *failure);
  if (failure && failure->stops_model) stop_model(m, *failure);
  if (const auto gone = pool.given_up()) stop_pool(m, *gone);
  close_if_done(message.request);
}

// The pictures that were asked for and never came end as the request did.
void Runner::fail_rest(const RequestEnded &message) {
  const Failure failure = message.failure.value_or(nothing_handed_over());
  const double random = parts_.random();
  for (std::uint32_t i = 0; i < message.request->pictures(); ++i) {
    if (message.handed_over[i]) continue;
    settle(message.request, i, parts_.store.failed(*message.request, i, failure), random);
  }
}

void Runner::handle(PictureStored &message) {
  settle(message.request, message.index, std::move(message.end), parts_.random());
}

void Runner::handle(PictureLost &message) {
  parts_.billing->lost(*message.request, message.index);
  parts_.plan.put_back(message.request->sample(message.index), Time::min(),
                       message.request->work.lane);
  OpenRequest &open = open_[message.request];
  --open.pictures_left;
  open.drawn_again = true;
  close_if_done(message.request);
  // The first reason is kept: what follows is its consequence.
  if (broken_) return;
  broken_ = message.reason;
  take_no_more_work();
}

void Runner::handle(CheckpointGiven &message) {
  if (message.request->fallback_for != nullptr) return message.stored.set_value();
  open_[message.request].has_checkpoint = !message.bytes.empty();
  given_.push_back(std::move(message));
}

// Those that came together are written together: a plugin may have thousands of requests out.
void Runner::store_checkpoints() {
  if (given_.empty()) return;
  std::vector<CheckpointGiven> given = std::exchange(given_, {});
  std::vector<Checkpoint> checkpoints;
  checkpoints.reserve(given.size());
  for (CheckpointGiven &each : given) {
    checkpoints.push_back(
        {{each.request->number, each.request->model->number}, std::move(each.bytes)});
  }
  parts_.ledger.set_checkpoints(checkpoints);
  for (CheckpointGiven &each : given) each.stored.set_value();
}

// The thread's requests will never end, so there is nothing to wait for.
void Runner::handle(ThreadBroken &message) {
  store_checkpoints();
  record();
  std::rethrow_exception(message.reason);
}

void Runner::settle(const RequestPtr &request, std::uint32_t index, SampleEnd end, double random) {
  parts_.billing->settle(*request, index, end);
  money_came_free();
  if (end.outcome == Outcome::ok) return end_sample(request, index, std::move(end));
  const std::uint32_t m = request->work.lane;
  if (stays_with_provider(request, end.outcome)) {
    ++parked_;
    return ask_again(request, index, end, {Verdict::Kind::again, Time::min(), m});
  }
  const Retries::Next next = retries_.judge(
      {*request, index, end, open_[request].ticket.sent, admission_->pool(m).in_trouble(), random},
      parts_.clock->now());
  if (next.kind == Verdict::Kind::again || next.kind == Verdict::Kind::fallback) {
    return ask_again(request, index, end, next);
  }
  Failure failure = end.failure.value_or(Failure{});
  end_sample(request, index, std::move(end));
  if (next.kind != Verdict::Kind::stop) return;
  failure.message = fmt::format("{} stops it: {}", name_of(failure.outcome), failure.message);
  stop_model(m, failure);
}

// Whether the run ends before the request does: then it has no end, and the next run picks it up.
bool Runner::stays_with_provider(const RequestPtr &request, Outcome outcome) {
  return outcome == Outcome::cancelled && !taking_work() &&
         models_[request->work.lane].info.parks && open_[request].has_checkpoint;
}

void Runner::ask_again(const RequestPtr &request, std::uint32_t index, const SampleEnd &end,
                       const Retries::Next &next) {
  parts_.plan.put_back(request->sample(index), next.at, next.lane);
  if (models_[request->work.lane].info.billed) retried_.push_back(request->key(index));
  retried_micros_ += end.cost_micros.value_or(0);
  if (taking_work()) start_lane(next.lane);
  OpenRequest &open = open_[request];
  --open.pictures_left;
  const bool goes_on = next.kind == Verdict::Kind::again && drawn_again(end.outcome);
  open.drawn_again = open.drawn_again || goes_on;
  close_if_done(request);
}

void Runner::end_sample(const RequestPtr &request, std::uint32_t index, SampleEnd end) {
  const std::int64_t counted = retries_.close(*request, index, end);
  settled_.push_back({request, std::move(end), request->sample(index), counted});
}

// What was sent and failed is as if it had not left, but for what it cost: a kill between the two
// counts too much rather than too little.
void Runner::record_retried() {
  if (retried_micros_ != 0) parts_.ledger.add_spent(std::exchange(retried_micros_, 0));
  if (!retried_.empty()) parts_.ledger.withdrawn(std::exchange(retried_, {}));
}

// The requests whose last pictures are about to be recorded, and whose checkpoints go with them.
std::vector<RequestKey> Runner::take_closing() {
  std::unordered_map<RequestPtr, std::uint32_t> ending;
  for (const Settled &settled : settled_) {
    OpenRequest &open = open_[settled.request];
    open.drawn_again = open.drawn_again || drawn_again(settled.end.outcome);
    if (open.has_checkpoint && open.ended) ++ending[settled.request];
  }
  std::vector<RequestKey> closing;
  for (const auto &[request, pictures] : ending) {
    OpenRequest &open = open_[request];
    if (open.drawn_again || open.pictures_left != pictures) continue;
    open.has_checkpoint = false;
    closing.push_back({request->number, request->model->number});
  }
  return closing;
}

void Runner::record() {
  record_retried();
  record_ends();
  if (closed_.empty()) return;
  std::vector<Checkpoint> none;
  for (const RequestKey &key : std::exchange(closed_, {})) none.push_back({key, {}});
  parts_.ledger.set_checkpoints(none);
}

void Runner::record_ends() {
  if (settled_.empty()) return;
  const std::vector<RequestKey> closing = take_closing();
  std::vector<SampleEnd> ends;
  ends.reserve(settled_.size());
  std::int64_t counted = 0;
  for (Settled &settled : settled_) {
    ends.push_back(std::move(settled.end));
    counted += settled.counted_micros;
  }
  parts_.store.flush(ends);
  parts_.ledger.ended(ends, closing);
  parts_.store.recorded(ends);
  if (counted != 0) parts_.ledger.add_spent(-counted);

  const std::vector<Settled> recorded = std::exchange(settled_, {});
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const SampleEnd &end = ends[i];
    parts_.plan.finished(recorded[i].sample, end.outcome);
    ++progress_.ended;
    if (end.outcome == Outcome::ok) ++progress_.made;
    tally_.add(end);
    parts_.status.sample(end, recorded[i].request->wanted().name);
    OpenRequest &open = open_[recorded[i].request];
    --open.pictures_left;
    close_if_done(recorded[i].request);
  }
}

void Runner::close_if_done(const RequestPtr &request) {
  const auto found = open_.find(request);
  if (found == open_.end()) return;
  const OpenRequest open = found->second;
  if (!open.ended || open.pictures_left > 0) return;
  // Nobody will ask for it again: a later request for this row starts afresh.
  if (open.has_checkpoint && !open.drawn_again) {
    closed_.push_back({request->number, request->model->number});
  }
  open_.erase(found);
}

}  // namespace pictor::host
