#include "run/runner.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace pictor::host {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds tick(200);
constexpr std::size_t pictures_waiting_per_encoder = 2;

// Two at least: while one waits for the disk, the other compresses.
unsigned encoder_threads() {
  return std::clamp(std::thread::hardware_concurrency() / 2, 2u, 8u);
}

Failure nothing_handed_over() {
  Failure failure;
  failure.outcome = Outcome::internal;
  failure.stage = "generate";
  failure.message = "the plugin ended the request without handing this picture over";
  return failure;
}

}  // namespace

Runner::Runner(Parts parts)
    : parts_(std::move(parts)),
      channels_(std::make_shared<Channels>(encoder_threads() * pictures_waiting_per_encoder)) {}

Runner::~Runner() {
  shut_down();
}

Summary Runner::run() {
  begun_ = drawing_since_ = SteadyClock::now();
  encoders_ = std::make_unique<Encoders>(encoder_threads(), parts_.store, channels_);
  open_models();
  while (!done()) {
    watch_interrupt();
    give_work();
    for (Message &message : channels_->inbox.wait(next_wake())) {
      std::visit([this](auto &content) { handle(content); }, message);
    }
    give_work();  // before the disk is waited for
    record();
    show_progress();
  }
  shut_down();
  if (broken_) std::rethrow_exception(broken_);
  return summary();
}

void Runner::open_models() {
  models_.resize(parts_.models.size());
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    if (!parts_.plan.has_work(m)) continue;
    RunningModel &model = models_[m];
    std::unique_ptr<Painter> painter = parts_.models[m].open();
    model.info = painter->info();
    model.model_name = painter->model_name();
    model.shape = lane_shape(model.info, parts_.models[m].concurrency);
    parts_.status.model({parts_.models[m].name, ModelState::loading, -1, 0, 0, ""});
    model.lane = std::make_unique<Lane>(m, std::move(painter), model.shape, channels_);
  }
}

bool Runner::done() const {
  if (!open_.empty() || !settled_.empty()) return false;
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    const RunningModel &model = models_[m];
    if (model.lane == nullptr || model.ended) continue;
    if (!model.loaded) return false;
    if (taking_work() && parts_.plan.has_work(m)) return false;
  }
  return true;
}

SteadyClock::time_point Runner::next_wake() const {
  SteadyClock::time_point wake = SteadyClock::now() + tick;
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    if (!taking_work() || !has_room(models_[m])) continue;
    if (const auto time = parts_.plan.next_time(m)) wake = std::min(wake, *time);
  }
  return wake;
}

void Runner::watch_interrupt() {
  const InterruptLevel level = parts_.interrupt();
  if (level != level_) {
    level_ = level;
    take_no_more_work();
  }
  // Again and again: a batch may have been on its way into the model the last time.
  if (level_ == InterruptLevel::stop || broken_) cancel_all();
}

void Runner::cancel_all() {
  for (RunningModel &model : models_) {
    if (model.lane) model.lane->cancel();
  }
}

void Runner::take_no_more_work() {
  for (RunningModel &model : models_) {
    if (model.lane == nullptr) continue;
    if (!model.loaded) model.lane->cancel();
    take_back(model);
  }
}

void Runner::take_back(RunningModel &model) {
  std::vector<SampleKey> withdrawn;
  for (const std::vector<RequestPtr> &batch : model.lane->take_back()) {
    --model.batches;
    for (const RequestPtr &request : batch) {
      for (std::uint32_t i = 0; i < request->pictures(); ++i) {
        parts_.plan.put_back(request->sample(i));
        withdrawn.push_back(request->key(i));
      }
      open_.erase(request);
    }
  }
  if (model.info.billed && !withdrawn.empty()) parts_.ledger.withdrawn(withdrawn);
}

bool Runner::has_room(const RunningModel &model) const {
  return model.loaded && !model.ended && model.batches < model.shape.batches;
}

void Runner::give_work() {
  if (!taking_work()) return;
  struct Given {
    Lane *lane;
    std::vector<RequestPtr> batch;
  };
  std::vector<Given> given;
  std::vector<StartedSample> billed;
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    RunningModel &model = models_[m];
    while (has_room(model)) {
      const std::vector<Work> ready =
          parts_.plan.next_ready(m, model.shape.max_batch, SteadyClock::now());
      if (ready.empty()) break;
      Given &next = given.emplace_back(Given{model.lane.get(), {}});
      for (const Work &work : ready) next.batch.push_back(make_request(work, model));
      ++model.batches;
      if (!model.info.billed) continue;
      for (const RequestPtr &request : next.batch) {
        for (std::uint32_t i = 0; i < request->pictures(); ++i) {
          billed.push_back({request->key(i), {}});
        }
      }
    }
  }
  if (!billed.empty()) parts_.ledger.started(billed);
  for (Given &next : given) next.lane->give(std::move(next.batch));
}

RequestPtr Runner::make_request(const Work &work, const RunningModel &model) {
  auto request = std::make_shared<Request>(parts_.make_request(work));
  request->model_name = model.model_name;
  request->ignores_seed = model.info.ignores_seed;
  request->asked.checkpoint = parts_.ledger.checkpoint(request->number, request->model->number);
  open_[request] = {request->pictures(), false, false, !request->asked.checkpoint.empty()};
  return request;
}

void Runner::stop_model(std::uint32_t m, const Failure &failure) {
  RunningModel &model = models_[m];
  if (model.ended) return;
  model.ended = true;
  parts_.plan.stop_model(m);
  stopped_.push_back({parts_.models[m].name, failure});
  parts_.status.model({parts_.models[m].name, ModelState::stopped, -1, 0, 0, failure.message});
  take_back(model);
}

void Runner::handle(ModelLoading &message) {
  parts_.status.model({parts_.models[message.model].name, ModelState::loading, message.fraction, 0,
                       0, std::move(message.stage)});
}

void Runner::handle(ModelLoaded &message) {
  models_[message.model].loaded = true;
  if (progress_.ended == 0) drawing_since_ = SteadyClock::now();
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
  if (message.batch_ended) --models_[message.request->work.model].batches;
  open_[message.request].ended = true;
  fail_rest(message);
  if (message.failure && message.failure->stops_model) {
    stop_model(message.request->work.model, *message.failure);
  }
  close_if_done(message.request);
}

// The pictures that were asked for and never came end as the request did.
void Runner::fail_rest(const RequestEnded &message) {
  const Failure failure = message.failure.value_or(nothing_handed_over());
  for (std::uint32_t i = 0; i < message.request->pictures(); ++i) {
    if (message.handed_over[i]) continue;
    settled_.push_back({message.request, parts_.store.failed(*message.request, i, failure),
                        message.request->sample(i)});
  }
}

void Runner::handle(PictureStored &message) {
  const Sample sample = message.request->sample(message.index);
  settled_.push_back({std::move(message.request), std::move(message.end), sample});
}

void Runner::handle(PictureLost &message) {
  parts_.plan.put_back(message.request->sample(message.index));
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
  parts_.ledger.set_checkpoint(message.request->number, message.request->model->number,
                               message.bytes);
  open_[message.request].has_checkpoint = !message.bytes.empty();
  message.stored.set_value();
}

// The thread's requests will never end, so there is nothing to wait for.
void Runner::handle(ThreadBroken &message) {
  record();
  std::rethrow_exception(message.reason);
}

void Runner::record() {
  if (settled_.empty()) return;
  std::vector<SampleEnd> ends;
  ends.reserve(settled_.size());
  for (Settled &settled : settled_) ends.push_back(std::move(settled.end));
  parts_.store.flush(ends);
  parts_.ledger.ended(ends);
  parts_.store.recorded(ends);

  const std::vector<Settled> recorded = std::exchange(settled_, {});
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const SampleEnd &end = ends[i];
    parts_.plan.finished(recorded[i].sample, end.outcome);
    ++progress_.ended;
    if (end.outcome == Outcome::ok) ++progress_.made;
    tally_.add(end);
    parts_.status.sample(end, recorded[i].request->model->name);
    OpenRequest &open = open_[recorded[i].request];
    --open.pictures_left;
    open.drawn_again = open.drawn_again || drawn_again(end.outcome);
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
    parts_.ledger.set_checkpoint(request->number, request->model->number, "");
  }
  open_.erase(found);
}

void Runner::show_progress() {
  progress_.counts = parts_.plan.counts();
  progress_.seconds = std::chrono::duration<double>(SteadyClock::now() - drawing_since_).count();
  parts_.status.progress(progress_);
}

Summary Runner::summary() const {
  Summary summary;
  summary.counts = parts_.plan.counts();
  summary.made = progress_.made;
  summary.seconds = std::chrono::duration<double>(SteadyClock::now() - begun_).count();
  tally_.put_into(summary);
  summary.stopped = stopped_;
  summary.interrupted = level_ != InterruptLevel::none;
  return summary;
}

void Runner::shut_down() {
  // Nobody reads the inbox any more: threads that wait for an answer are let go.
  channels_->inbox.close();
  channels_->pictures.close();
  for (RunningModel &model : models_) model.lane.reset();
  encoders_.reset();
}

}  // namespace pictor::host
