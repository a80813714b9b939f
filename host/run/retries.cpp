#include "run/retries.hpp"

#include "run/clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace pictor::host {

namespace {

std::string shown(const RunModel &model, const SampleEnd &end) {
  return fmt::format("{} ({}: {})", model.name, name_of(end.outcome),
                     end.failure ? end.failure->message : "");
}

}  // namespace

Random seeded_random(std::uint64_t seed) {
  return [engine = std::mt19937_64(seed)]() mutable {
    return std::uniform_real_distribution<double>()(engine);
  };
}

Retries::Retries(std::span<const RunModel> models) : models_(models), gone_(models.size()) {
  for (const RunModel &model : models) policies_.emplace_back(model.retry);
}

std::uint32_t Retries::lane_named(const std::string &name) const {
  const auto found = std::find_if(models_.begin(), models_.end(),
                                  [&](const RunModel &model) { return model.name == name; });
  return static_cast<std::uint32_t>(found - models_.begin());
}

Retries::Next Retries::judge(const Failed &failed, Time now) {
  const Sample sample = failed.request.sample(failed.index);
  const std::uint32_t lane = failed.request.work.lane;
  const auto found = tried_.find(sample);
  Tried tried = found != tried_.end() ? found->second : Tried{};
  if (tried.attempts == 0) tried.first = failed.sent;
  remember(failed, tried);

  const Failure failure = failed.end.failure.value_or(Failure{});
  const bool blameless =
      failed.outage && models_[lane].retry.on(failure.outcome).action != RetryAction::fallback;
  if (blameless) tried.here = 0;
  const Verdict verdict =
      policies_[lane].judge(failure, std::max(tried.here, 1u), now - tried.first, failed.random);
  Next next{verdict.kind, now + verdict.delay, lane};
  if (verdict.kind == Verdict::Kind::fallback) {
    next.lane = lane_named(verdict.fallback);
    if (next.lane == models_.size() || gone_[next.lane]) return {};
    tried.here = 0;
    const std::string reason = shown(models_[lane], failed.end);
    tried.before = tried.before.empty() ? reason : tried.before + "; " + reason;
  }
  const bool open = verdict.kind == Verdict::Kind::again || verdict.kind == Verdict::Kind::fallback;
  if (open) tried_[sample] = std::move(tried);
  return next;
}

void Retries::remember(const Failed &failed, Tried &tried) const {
  ++tried.attempts;
  ++tried.here;
  if (failed.end.cost_micros) {
    tried.cost_micros = tried.cost_micros.value_or(0) + *failed.end.cost_micros;
  }
  if (failed.end.failure) tried.last = *failed.end.failure;
}

std::int64_t Retries::close(const Request &request, std::uint32_t index, SampleEnd &end) {
  const auto found = tried_.find(request.sample(index));
  if (found == tried_.end()) return 0;
  const Tried tried = std::move(found->second);
  tried_.erase(found);
  end.attempts += tried.attempts;
  if (tried.cost_micros) end.cost_micros = end.cost_micros.value_or(0) + *tried.cost_micros;
  if (end.failure && !tried.before.empty()) {
    end.failure->message = fmt::format("{}, in place of {}: {}", request.model->name, tried.before,
                                       end.failure->message);
  }
  return tried.cost_micros.value_or(0);
}

std::optional<std::chrono::nanoseconds> Retries::time_left(const Work &work, Time now) const {
  std::optional<std::chrono::nanoseconds> least;
  for (const std::uint32_t generation : work.generations) {
    const auto found = tried_.find({work.row, work.model, generation});
    const Time first = found != tried_.end() ? found->second.first : now;
    const auto left = policies_[work.lane].time_left(now - first);
    if (left) least = least ? std::min(*least, *left) : *left;
  }
  return least;
}

bool Retries::is_late(const Sample &sample, std::uint32_t lane, Time now) const {
  const auto found = tried_.find(sample);
  if (found == tried_.end()) return false;
  const auto left = policies_[lane].time_left(now - found->second.first);
  return left && left->count() == 0;
}

Failure Retries::late_failure(const Sample &sample) const {
  Failure failure = tried_.at(sample).last;
  failure.message += " (its deadline passed before it could be asked for again)";
  return failure;
}

}  // namespace pictor::host
