#include "base/escape.hpp"
#include "run/status.hpp"
#include "run/status_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace pictor::host {

namespace {

constexpr int bar_columns = 24;
constexpr const char *red = "\x1b[31m";
constexpr const char *yellow = "\x1b[33m";
constexpr const char *plain = "\x1b[0m";
constexpr const char *erase_line = "\r\x1b[K";

std::string bar(const RunProgress &progress) {
  const std::uint64_t total = std::max<std::uint64_t>(progress.total(), 1);
  const auto filled = static_cast<int>(progress.counts.ended() * bar_columns / total);
  std::string text = "[";
  for (int i = 0; i < bar_columns; ++i) text += i < filled ? '=' : i == filled ? '>' : ' ';
  return text + "] ";
}

}  // namespace

struct TerminalStatus::Impl {
  std::ostream &out;
  std::function<int()> columns;
  bool colour;
  std::mutex mutex;
  std::string bar;  // what stands in the last line; empty: nothing
  std::map<std::string, std::string> models;
  std::uint64_t failures_shown = 0;

  void erase() {
    if (!bar.empty()) out << erase_line;
  }
  void draw() {
    // One column less: a full line would wrap on some terminals.
    const int room = std::max(columns() - 1, 10);
    if (!bar.empty()) out << erase_line << shortened(bar, static_cast<std::size_t>(room));
    out.flush();
  }
  void line(const std::string &text, const char *with_colour = nullptr) {
    const std::lock_guard lock(mutex);
    erase();
    if (colour && with_colour != nullptr) {
      out << with_colour << text << plain << '\n';
    } else {
      out << text << '\n';
    }
    draw();
  }
};

TerminalStatus::TerminalStatus(std::ostream &out, std::function<int()> columns, bool colour)
    : impl_(new Impl{out, std::move(columns), colour, {}, {}, {}}) {}

TerminalStatus::~TerminalStatus() {
  const std::lock_guard lock(impl_->mutex);
  impl_->erase();
  impl_->out.flush();
}

void TerminalStatus::print_line(const std::string &line) {
  impl_->line(line);
}

void TerminalStatus::started(const RunStart &start) {
  impl_->line(start_text(start));
}

void TerminalStatus::model(const ModelReport &report) {
  if (report.state == ModelState::stopped) impl_->line(model_text(report), red);
  if (report.state == ModelState::waiting) impl_->line(model_text(report), yellow);
  impl_->models[report.name] = model_text(report);
  if (report.state != ModelState::loading) return;
  const std::lock_guard lock(impl_->mutex);
  impl_->bar = model_text(report);
  impl_->draw();
}

void TerminalStatus::sample(const SampleEnd &end, const std::string &model) {
  if (end.outcome == Outcome::ok || impl_->failures_shown >= max_failures_shown) return;
  impl_->line(failure_text(end, model), red);
  if (++impl_->failures_shown == max_failures_shown) {
    impl_->line("further failures are only counted", red);
  }
}

void TerminalStatus::warning(const std::string &text) {
  impl_->line("warning: " + terminal_safe(text), yellow);
}

void TerminalStatus::progress(const RunProgress &progress) {
  std::string text = bar(progress) + progress_text(progress);
  for (const auto &[name, state] : impl_->models) text += "  " + state;
  const std::lock_guard lock(impl_->mutex);
  impl_->bar = text;
  impl_->draw();
}

void TerminalStatus::ended(const Summary &summary) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->erase();
    impl_->bar.clear();
  }
  for (const std::string &text : summary_text(summary)) impl_->line(text);
}

}  // namespace pictor::host
