#pragma once

#include "ledger/ledger.hpp"
#include "plan/plan.hpp"
#include "run/summary.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace pictor::host {

struct RunStart {
  std::filesystem::path output_dir;
  std::vector<std::string> models;
  PlanCounts counts;
  std::uint32_t rows_in_file = 0;
  std::uint32_t rows = 0;  // that they were expanded to
};

enum class ModelState { loading, drawing, waiting, stopped };

struct ModelReport {
  std::string name;
  ModelState state = ModelState::drawing;
  double fraction = -1;  // negative: not known
  std::uint32_t step = 0, steps = 0;
  std::string text;  // the stage, or why it waits or stopped
};

struct RunProgress {
  PlanCounts counts;
  std::uint64_t made = 0;   // ok, in this run
  std::uint64_t ended = 0;  // in this run, however they ended
  double seconds = 0;       // since drawing began

  std::uint64_t total() const { return counts.wanted - counts.beyond_limit; }
  std::uint64_t failed() const { return counts.ended() - counts[Outcome::ok]; }
  double images_per_minute() const;            // 0: not known yet
  std::optional<double> seconds_left() const;  // nothing: not known yet
};

// Tells people or programs how a run is getting on; this one tells nothing. Called from one thread.
// All texts may come from prompts and plugins: a printer makes them safe.
class Status {
 public:
  virtual ~Status() = default;
  virtual void started(const RunStart &) {}
  virtual void model(const ModelReport &) {}
  virtual void sample(const SampleEnd &, const std::string & /*model*/) {}
  virtual void warning(const std::string &) {}
  // A few times a second; printers choose which they show.
  virtual void progress(const RunProgress &) {}
  virtual void ended(const Summary &) {}
};

// For a terminal: one line that is redrawn in place, with notable events above it.
class TerminalStatus : public Status {
 public:
  // `columns` is asked before each drawing, so that the window may change.
  TerminalStatus(std::ostream &out, std::function<int()> columns, bool colour);
  ~TerminalStatus() override;
  // A line of somebody else's, above the bar. [any thread]
  void print_line(const std::string &line);

  void started(const RunStart &start) override;
  void model(const ModelReport &report) override;
  void sample(const SampleEnd &end, const std::string &model) override;
  void warning(const std::string &text) override;
  void progress(const RunProgress &progress) override;
  void ended(const Summary &summary) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

using Clock = std::function<std::chrono::steady_clock::time_point()>;

// For log files and pipes: a line every five seconds and on notable events.
class PlainStatus : public Status {
 public:
  explicit PlainStatus(std::ostream &out, Clock clock = std::chrono::steady_clock::now);

  void started(const RunStart &start) override;
  void model(const ModelReport &report) override;
  void sample(const SampleEnd &end, const std::string &model) override;
  void warning(const std::string &text) override;
  void progress(const RunProgress &progress) override;
  void ended(const Summary &summary) override;

 private:
  void line(const std::string &text);

  std::ostream &out_;
  Clock clock_;
  std::chrono::steady_clock::time_point last_{};  // progress line
  std::uint64_t ended_ = 0;                       // as that line told
  std::uint64_t failures_shown_ = 0;
  std::string last_loading_;
  std::set<std::string> waiting_;  // models
};

// For programs: one JSON object a line, each with an `event`: start, model, sample, warning,
// progress (once a second), end.
class JsonStatus : public Status {
 public:
  explicit JsonStatus(std::ostream &out, Clock clock = std::chrono::steady_clock::now);

  void started(const RunStart &start) override;
  void model(const ModelReport &report) override;
  void sample(const SampleEnd &end, const std::string &model) override;
  void warning(const std::string &text) override;
  void progress(const RunProgress &progress) override;
  void ended(const Summary &summary) override;

 private:
  void line(const Json &event);

  std::ostream &out_;
  Clock clock_;
  std::chrono::steady_clock::time_point next_{};
};

// Tells several at once.
class StatusGroup : public Status {
 public:
  void add(std::unique_ptr<Status> status) { members_.push_back(std::move(status)); }

  void started(const RunStart &start) override;
  void model(const ModelReport &report) override;
  void sample(const SampleEnd &end, const std::string &model) override;
  void warning(const std::string &text) override;
  void progress(const RunProgress &progress) override;
  void ended(const Summary &summary) override;

 private:
  std::vector<std::unique_ptr<Status>> members_;
};

// For the log: every notable event at level info, no picture that was made, progress once a minute.
class LogStatus : public Status {
 public:
  explicit LogStatus(Clock clock = std::chrono::steady_clock::now);

  void started(const RunStart &start) override;
  void model(const ModelReport &report) override;
  void sample(const SampleEnd &end, const std::string &model) override;
  void warning(const std::string &text) override;
  void progress(const RunProgress &progress) override;
  void ended(const Summary &summary) override;

 private:
  Clock clock_;
  std::chrono::steady_clock::time_point last_{};
  std::map<std::string, std::string> told_;  // by model: what was last told of it
};

}  // namespace pictor::host
