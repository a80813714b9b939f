#include "run/status_metrics.hpp"

#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace pictor::host {

namespace {

constexpr std::chrono::seconds metrics_interval(5);

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : valid_utf8(value)) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::string sample_line(std::string_view name, Labels labels, double value) {
  std::string list;
  for (const auto &[label, text] : labels) {
    list += fmt::format("{}{}={}", list.empty() ? "" : ",", label, quoted(text));
  }
  return fmt::format("{}{{{}}} {}\n", name, list, value);
}

// A family's head. The types are those that Prometheus' older text format knows too.
std::string family(std::string_view name, std::string_view type, std::string_view help) {
  return fmt::format("# TYPE {0} {1}\n# HELP {0} {2}\n", name, type, help);
}

double seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

}  // namespace

MetricsStatus::MetricsStatus(std::filesystem::path file, Clock clock)
    : file_(std::filesystem::absolute(file)), clock_(std::move(clock)) {
  write_file(file_, text());
}

void MetricsStatus::started(const RunStart &start) {
  dir_ = start.output_dir.string();
  counts_ = start.counts;
  for (const std::string &model : start.models) models_[model];
  replace();
}

void MetricsStatus::sample(const SampleEnd &end, const std::string &model) {
  ModelTally &tally = models_[model];
  ++tally.outcomes[static_cast<std::size_t>(end.outcome)];
  if (end.outcome == Outcome::ok) tally.stages.add(end);
  cost_micros_ += end.cost_micros.value_or(0);
}

void MetricsStatus::progress(const RunProgress &progress) {
  counts_ = progress.counts;
  images_per_minute_ = progress.images_per_minute();
  if (clock_() >= next_) replace();
}

void MetricsStatus::ended(const Summary &summary) {
  counts_ = summary.counts;
  images_per_minute_ = summary.images_per_minute();
  // What was paid for attempts that failed is known only now; a counter never goes back.
  cost_micros_ = std::max(cost_micros_, summary.cost_micros);
  replace();
}

void MetricsStatus::replace() {
  next_ = clock_() + metrics_interval;
  try {
    write_file(file_, text());
  } catch (const Error &error) {
    if (!std::exchange(failed_, true)) log(LogLevel::warning, "metrics", error.what());
  }
}

std::string MetricsStatus::text() const {
  std::string text = family("pictor_samples", "counter", "Samples that ended in this run.");
  for (const auto &[model, tally] : models_) {
    for (std::size_t i = 0; i < tally.outcomes.size(); ++i) {
      if (tally.outcomes[i] == 0 && static_cast<Outcome>(i) != Outcome::ok) continue;
      text += sample_line("pictor_samples_total",
                          {{"dir", dir_}, {"outcome", outcome_names[i]}, {"model", model}},
                          static_cast<double>(tally.outcomes[i]));
    }
  }
  text += family("pictor_images_per_minute", "gauge", "Images made per minute in this run.");
  text += sample_line("pictor_images_per_minute", {{"dir", dir_}}, images_per_minute_);
  text += family("pictor_cost_dollars", "counter", "What this run has paid, as far as is known.");
  text += sample_line("pictor_cost_dollars_total", {{"dir", dir_}},
                      static_cast<double>(cost_micros_) / 1e6);
  text += family("pictor_running", "gauge", "Samples that are being drawn.");
  text += sample_line("pictor_running", {{"dir", dir_}}, static_cast<double>(counts_.running));
  text += family("pictor_open", "gauge", "Samples that are not drawn yet.");
  text += sample_line("pictor_open", {{"dir", dir_}}, static_cast<double>(counts_.open));
  text += family("pictor_stage_seconds", "summary", "Time of made images by stage.");
  for (const auto &[model, tally] : models_) {
    const StageTimes &stages = tally.stages;
    for (const auto &[stage, time] :
         {std::pair{"queue", stages.queue_ns}, std::pair{"generate", stages.generate_ns},
          std::pair{"encode", stages.encode_ns}, std::pair{"write", stages.write_ns}}) {
      const Labels labels = {{"dir", dir_}, {"stage", stage}, {"model", model}};
      text += sample_line("pictor_stage_seconds_sum", labels, seconds(time));
      text +=
          sample_line("pictor_stage_seconds_count", labels, static_cast<double>(stages.samples));
    }
  }
  return text + "# EOF\n";
}

}  // namespace pictor::host
