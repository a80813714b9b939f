#include "run/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace pictor::host {

namespace {

constexpr std::chrono::milliseconds tick(200);
constexpr std::size_t pictures_waiting_per_encoder = 2;

// Two at least: while one waits for the disk, the other compresses.
unsigned encoder_threads() {
  return std::clamp(std::thread::hardware_concurrency() / 2, 2u, 8u);
}

}  // namespace

Runner::Runner(Parts parts)
    : parts_(std::move(parts)),
      channels_(std::make_shared<Channels>(encoder_threads() * pictures_waiting_per_encoder)),
      retries_(parts_.models) {}

Runner::~Runner() {
  shut_down();
}

Summary Runner::run() {
  begun_ = drawing_since_ = parts_.clock->now();
  encoders_ = std::make_unique<Encoders>(encoder_threads(), parts_.store, channels_);
  open_models();
  while (!done()) {
    watch_interrupt();
    give_work();
    show_waiting();
    const Time wake = parts_.clock->sleep_until(next_wake(), is_idle());
    for (Message &message : channels_->inbox.wait(wake)) {
      std::visit([this](auto &content) { handle(content); }, message);
    }
    store_checkpoints();
    give_work();  // before the disk is waited for
    record();
    show_progress();
  }
  shut_down();
  if (broken_) std::rethrow_exception(broken_);
  return summary();
}

// Whether there is work for it, or may be when another model fails.
bool Runner::is_needed(std::uint32_t m) const {
  if (parts_.plan.has_work(m)) return true;
  for (std::uint32_t other = 0; other < parts_.models.size(); ++other) {
    for (const Outcome outcome : policy_outcomes) {
      const bool falls_back =
          parts_.models[other].retry.on(outcome).fallback == parts_.models[m].name;
      if (falls_back && other != m && is_needed(other)) return true;
    }
  }
  return false;
}

void Runner::open_models() {
  models_.resize(parts_.models.size());
  std::vector<PoolMember> members(models_.size());
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    const RunModel &wanted = parts_.models[m];
    members[m].limits = wanted.limits;
    members[m].backoff = {wanted.retry.first_backoff, wanted.retry.most_backoff};
    if (!is_needed(m)) continue;
    RunningModel &model = models_[m];
    model.painter = wanted.open();
    model.info = model.painter->info();
    model.model_name = model.painter->model_name();
    model.shape = lane_shape(model.info, calls_wanted(m, model.info));
    parts_.billing->open_model(m, wanted, model.info.billed, model.model_name);
    members[m].calls = model.shape.batches;
    members[m].remote = model.info.needs_network || model.info.billed;
  }
  parts_.billing->refuse_unknown_prices(parts_.plan, parts_.make_request);
  admission_.emplace(parts_.models, members);
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    if (parts_.plan.has_work(m)) start_lane(m);
  }
}

std::uint32_t Runner::calls_wanted(std::uint32_t m, const ModelInfo &info) {
  const RunModel &wanted = parts_.models[m];
  if (wanted.concurrency == 0) return usual_concurrency(info);
  if (info.max_concurrency != 0 && wanted.concurrency > info.max_concurrency) {
    parts_.status.warning(fmt::format("{} takes {} requests at once as it is configured, not {}",
                                      wanted.name, info.max_concurrency, wanted.concurrency));
  }
  return wanted.concurrency;
}

void Runner::start_lane(std::uint32_t m) {
  RunningModel &model = models_[m];
  if (model.lane != nullptr || model.ended) return;
  parts_.status.model({parts_.models[m].name, ModelState::loading, -1, 0, 0, ""});
  model.lane = std::make_unique<Lane>(m, std::move(model.painter), model.shape, channels_);
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

// Whether no message will come before something is sent.
bool Runner::is_idle() const {
  return open_.empty() && std::all_of(models_.begin(), models_.end(), [](const auto &model) {
           return model.lane == nullptr || model.ended || model.loaded;
         });
}

Time Runner::next_wake() const {
  const Time now = parts_.clock->now();
  Time wake = now + tick;
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    if (!taking_work() || !has_room(models_[m]) || !parts_.plan.has_work(m)) continue;
    const Time planned = parts_.plan.has_ready(m) ? now : parts_.plan.next_time(m).value_or(now);
    wake = std::min(wake, std::max(planned, admission_->ready(m, now)));
  }
  return wake;
}

void Runner::watch_interrupt() {
  const InterruptLevel level = parts_.interrupt();
  if (level != level_) {
    level_ = level;
    next_cancel_ = {};
    take_no_more_work();
  }
  if (taking_work()) return;
  // Again and again: a batch may have been on its way into the model the last time.
  const auto now = std::chrono::steady_clock::now();
  if (now < next_cancel_) return;
  next_cancel_ = now + tick;
  cancel(level_ == InterruptLevel::stop || broken_ != nullptr);
}

// Those that park are not waited for: the next run finds what they work on.
void Runner::cancel(bool all) {
  for (RunningModel &model : models_) {
    if (model.lane && (all || model.info.parks)) model.lane->cancel();
  }
}

void Runner::take_no_more_work() {
  for (RunningModel &model : models_) {
    if (model.lane == nullptr) continue;
    if (!model.loaded) model.lane->cancel();
    take_back(model);
  }
}

void Runner::stop_model(std::uint32_t m, const Failure &failure) {
  RunningModel &model = models_[m];
  if (model.ended) return;
  const bool concerned = model.lane != nullptr;
  model.ended = true;
  parts_.plan.stop_model(m);
  retries_.stopped(m);
  if (!concerned) return;
  stopped_.push_back({parts_.models[m].name, failure});
  parts_.status.model({parts_.models[m].name, ModelState::stopped, -1, 0, 0, failure.message});
  take_back(model);
}

void Runner::stop_pool(std::uint32_t m, const Failure &failure) {
  for (const std::uint32_t other : admission_->models_beside(m)) stop_model(other, failure);
}

void Runner::show_waiting() {
  const Time now = parts_.clock->now();
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    RunningModel &model = models_[m];
    if (!model.loaded || model.ended) continue;
    const std::string reason =
        parts_.plan.has_work(m) ? admission_->waiting(m, now) : std::string();
    if (model.waiting != reason.empty()) continue;
    model.waiting = !reason.empty();
    const ModelState state = model.waiting ? ModelState::waiting : ModelState::drawing;
    parts_.status.model(
        {parts_.models[m].name, state, -1, 0, 0, model.waiting ? reason : "goes on"});
  }
}

void Runner::show_progress() {
  progress_.counts = parts_.plan.counts();
  progress_.seconds = std::chrono::duration<double>(parts_.clock->now() - drawing_since_).count();
  parts_.status.progress(progress_);
}

Summary Runner::summary() const {
  Summary summary;
  summary.counts = parts_.plan.counts();
  summary.made = progress_.made;
  summary.seconds = std::chrono::duration<double>(parts_.clock->now() - begun_).count();
  tally_.put_into(summary);
  summary.stopped = stopped_;
  summary.parked = parked_;
  const Budget &budget = parts_.billing->budget();
  if (budget.limit()) summary.budget = {*budget.limit(), budget.spent(), budget_reached_};
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
