#include "base/log.hpp"
#include "run/status.hpp"
#include "run/status_text.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

constexpr std::chrono::minutes log_interval(1);

// The terminal has a status of its own.
void tell(const std::string &text) {
  log_in_file(LogLevel::info, "run", text);
}

}  // namespace

LogStatus::LogStatus(Clock clock) : clock_(std::move(clock)) {}

void LogStatus::started(const RunStart &start) {
  tell(start_text(start));
  last_ = clock_();
}

void LogStatus::model(const ModelReport &report) {
  // Once per stage: fractions and steps would fill the log.
  ModelReport stage{report.name, report.state, -1, 0, 0, report.text};
  if (report.state == ModelState::drawing) stage.text.clear();
  std::string &told = told_[report.name];
  std::string text = model_text(stage);
  if (text == told) return;
  told = std::move(text);
  tell(told);
}

void LogStatus::sample(const SampleEnd &end, const std::string &model) {
  if (end.outcome == Outcome::ok && end.attempts <= 1) return;
  const std::string tries = end.attempts > 1 ? fmt::format(" ({} attempts)", end.attempts) : "";
  tell(failure_text(end, model) + tries);
}

void LogStatus::warning(const std::string &text) {
  tell("warning: " + text);
}

void LogStatus::progress(const RunProgress &progress) {
  if (clock_() < last_ + log_interval) return;
  last_ = clock_();
  tell(progress_text(progress));
}

void LogStatus::ended(const Summary &summary) {
  for (const std::string &text : summary_text(summary)) tell(text);
}

}  // namespace pictor::host
