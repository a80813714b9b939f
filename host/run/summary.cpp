#include "run/summary.hpp"

#include <algorithm>

namespace pictor::host {

namespace {

constexpr std::size_t max_different_errors = 1000;
constexpr std::size_t errors_in_summary = 3;

}  // namespace

double Summary::images_per_minute() const {
  return made > 0 && seconds > 0 ? static_cast<double>(made) * 60 / seconds : 0;
}

ExitCode Summary::exit_code() const {
  if (interrupted && counts.open > counts.beyond_limit) return ExitCode::interrupted;
  const bool locked_out =
      std::any_of(stopped.begin(), stopped.end(),
                  [](const StoppedModel &model) { return model.failure.authentication; });
  if (locked_out) return ExitCode::authentication;
  if (budget && budget->reached) return ExitCode::budget;
  if (!stopped.empty()) return ExitCode::some_failed;
  if (failed() == 0) return ExitCode::ok;
  const bool policy = failed() == counts[Outcome::refused] + counts[Outcome::filtered];
  return policy ? ExitCode::refused_only : ExitCode::some_failed;
}

void ErrorTally::add(const SampleEnd &end) {
  if (!end.failure) return;
  const auto key = std::pair(end.outcome, end.failure->message);
  const auto known = errors_.find(key);
  if (known != errors_.end()) {
    ++known->second.count;
  } else if (errors_.size() < max_different_errors) {
    errors_[key] = {end.outcome, end.failure->message, 1, end.key.row, end.row_id};
  }
}

std::vector<FrequentError> ErrorTally::most_frequent(std::size_t count) const {
  std::vector<FrequentError> errors;
  for (const auto &[key, error] : errors_) errors.push_back(error);
  std::stable_sort(
      errors.begin(), errors.end(),
      [](const FrequentError &a, const FrequentError &b) { return a.count > b.count; });
  errors.resize(std::min(count, errors.size()));
  return errors;
}

void StageTimes::add(const SampleEnd &end) {
  queue_ns += end.queue_ns;
  generate_ns += end.generate_ns;
  encode_ns += end.encode_ns;
  write_ns += end.write_ns;
  ++samples;
}

Json mean_stage_seconds(const StageTimes &stages) {
  Json means = Json::object();
  if (stages.samples == 0) return means;
  const auto mean = [&](std::int64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e9 / static_cast<double>(stages.samples);
  };
  means["queue"] = mean(stages.queue_ns);
  means["generate"] = mean(stages.generate_ns);
  means["encode"] = mean(stages.encode_ns);
  means["write"] = mean(stages.write_ns);
  return means;
}

void RunTally::add(const SampleEnd &end) {
  errors.add(end);
  attempts += end.attempts;
  if (end.attempts > 1) retries += end.attempts - 1;
  if (end.outcome == Outcome::ok) stages.add(end);
}

void RunTally::put_into(Summary &summary) const {
  summary.attempts = attempts;
  summary.retries = retries;
  summary.stages = stages;
  summary.errors = errors.most_frequent(errors_in_summary);
}

}  // namespace pictor::host
