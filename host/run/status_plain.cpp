#include "base/escape.hpp"
#include "run/status.hpp"
#include "run/status_text.hpp"

namespace pictor::host {

namespace {

constexpr std::chrono::seconds plain_interval(5);
constexpr std::chrono::seconds idle_interval(30);  // while no picture has ended

}  // namespace

PlainStatus::PlainStatus(std::ostream &out, Clock clock) : out_(out), clock_(std::move(clock)) {}

void PlainStatus::line(const std::string &text) {
  out_ << text << std::endl;
}

void PlainStatus::started(const RunStart &start) {
  line(start_text(start));
  last_ = clock_();
}

void PlainStatus::model(const ModelReport &report) {
  const bool resumed = waiting_.erase(report.name) > 0;
  if (report.state == ModelState::waiting) waiting_.insert(report.name);
  if (resumed || report.state == ModelState::waiting || report.state == ModelState::stopped) {
    return line(model_text(report));
  }
  if (report.state != ModelState::loading) return;
  // A line per stage: fractions would fill a log.
  const std::string stage = model_text({report.name, report.state, -1, 0, 0, report.text});
  if (stage == last_loading_) return;
  last_loading_ = stage;
  line(stage);
}

void PlainStatus::sample(const SampleEnd &end, const std::string &model) {
  if (end.outcome == Outcome::ok || failures_shown_ >= max_failures_shown) return;
  line(failure_text(end, model));
  if (++failures_shown_ == max_failures_shown) line("further failures are only counted");
}

void PlainStatus::warning(const std::string &text) {
  line("warning: " + terminal_safe(text));
}

void PlainStatus::progress(const RunProgress &progress) {
  const auto now = clock_();
  const auto wait = progress.ended == ended_ ? idle_interval : plain_interval;
  if (now < last_ + wait) return;
  last_ = now;
  ended_ = progress.ended;
  line(progress_text(progress));
}

void PlainStatus::ended(const Summary &summary) {
  for (const std::string &text : summary_text(summary)) line(text);
}

}  // namespace pictor::host
