#include "run/status_text.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace pictor::host {

namespace {

constexpr std::size_t max_message_columns = 300;

std::string safe(const std::string &text) {
  return shortened(terminal_safe(text), max_message_columns);
}

std::string row_text(std::uint32_t row, const std::string &id) {
  return id.empty() ? fmt::format("row {}", row) : fmt::format("row {} ({})", row, safe(id));
}

std::string images(std::uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "image" : "images");
}

// "ok 98" and so on: a table when there is more than one.
std::vector<std::string> outcome_lines(const PlanCounts &counts) {
  std::vector<std::pair<std::string_view, std::uint64_t>> parts;
  for (std::size_t i = 0; i < counts.outcomes.size(); ++i) {
    if (counts.outcomes[i] > 0) parts.emplace_back(outcome_names[i], counts.outcomes[i]);
  }
  if (counts.open > 0) parts.emplace_back("not drawn", counts.open);
  std::string head = fmt::format("of {}:", images(counts.wanted));
  if (parts.size() == 1) {
    return {fmt::format("{} {} {}", head, parts.front().second, parts.front().first)};
  }
  std::vector<std::string> lines = {std::move(head)};
  for (const auto &[name, count] : parts)
    lines.push_back(fmt::format("  {:<12}{:>9}", name, count));
  return lines;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string rate_text(double per_minute) {
  return fmt::format("{:.{}f}/min", per_minute, per_minute < 100 ? 1 : 0);
}

std::string dollars_text(std::int64_t micros) {
  const bool whole_cents = micros % 10'000 == 0;
  return fmt::format("${:.{}f}", static_cast<double>(micros) / 1e6, whole_cents ? 2 : 4);
}

std::string start_text(const RunStart &start) {
  const std::uint64_t there = start.counts[Outcome::ok];
  std::string text = fmt::format("{} wanted in {}", images(start.counts.wanted),
                                 terminal_safe(start.output_dir.string()));
  if (start.rows != start.rows_in_file) {
    text += fmt::format(", from {} rows expanded to {}", start.rows_in_file, start.rows);
  }
  if (there > 0) text += fmt::format(", {} done before", there);
  if (start.counts.beyond_limit > 0) {
    text += fmt::format(", {} not asked for now", start.counts.beyond_limit);
  }
  return text;
}

std::string model_text(const ModelReport &report) {
  const std::string name = terminal_safe(report.name);
  switch (report.state) {
    case ModelState::loading: {
      std::string text = name + ": loading";
      if (report.fraction >= 0) text += fmt::format(" {:.0f}%", report.fraction * 100);
      if (!report.text.empty()) text += fmt::format(" {}", safe(report.text));
      return text;
    }
    case ModelState::stopped:
      return fmt::format("{}: stopped: {}", name, safe(report.text));
    case ModelState::waiting:
      return fmt::format("{}: waiting: {}", name, safe(report.text));
    case ModelState::drawing:
      break;
  }
  if (report.steps > 0) return fmt::format("{}: step {}/{}", name, report.step, report.steps);
  if (report.fraction >= 0) return fmt::format("{}: {:.0f}%", name, report.fraction * 100);
  return fmt::format("{}: {}", name, report.text.empty() ? "ready" : safe(report.text));
}

std::string failure_text(const SampleEnd &end, const std::string &model) {
  return fmt::format("{}, {}: {}: {}", row_text(end.key.row, end.row_id), terminal_safe(model),
                     name_of(end.outcome), end.failure ? safe(end.failure->message) : "");
}

std::string budget_text(const BudgetReport &budget, std::uint64_t left) {
  const std::string spent =
      fmt::format("{} of {} spent", money_text(budget.spent), money_text(budget.limit));
  if (!budget.reached) return spent;
  return fmt::format(
      "budget reached: {}, {} left: run the same command again with a higher "
      "job.budget.max_cost (--max-cost) to go on",
      spent, images(left));
}

std::string progress_text(const RunProgress &progress) {
  std::string text =
      fmt::format("{} of {}", progress.counts[Outcome::ok], images(progress.total()));
  if (progress.failed() > 0) text += fmt::format(", {} failed", progress.failed());
  if (progress.made > 0) text += ", " + rate_text(progress.images_per_minute());
  if (const auto left = progress.seconds_left()) text += ", " + duration_text(*left) + " left";
  return text;
}

std::vector<std::string> summary_text(const Summary &summary) {
  std::vector<std::string> lines;
  std::string made =
      fmt::format("{} made in {}", images(summary.made), duration_text(summary.seconds));
  if (summary.made > 0) made += " (" + rate_text(summary.images_per_minute()) + ")";
  lines.push_back(made);
  for (std::string &line : outcome_lines(summary.counts)) lines.push_back(std::move(line));
  if (summary.retries > 0) {
    lines.push_back(
        fmt::format("{} attempts, {} of them retries", summary.attempts, summary.retries));
  }
  const bool told_with_budget = summary.budget && summary.budget->spent == summary.cost_micros;
  if (summary.cost_micros > 0 && !told_with_budget) {
    lines.push_back("cost " + dollars_text(summary.cost_micros));
  }
  for (const StoppedModel &model : summary.stopped) {
    lines.push_back(
        fmt::format("{} stopped: {}", terminal_safe(model.name), safe(model.failure.message)));
  }
  for (const FrequentError &error : summary.errors) {
    lines.push_back(fmt::format("{} x {}: {} (such as {})", error.count, name_of(error.outcome),
                                safe(error.message),
                                row_text(error.example_row, error.example_id)));
  }
  if (summary.budget) lines.push_back(budget_text(*summary.budget, summary.counts.open));
  if (summary.parked > 0) {
    lines.push_back(fmt::format("{} left with the provider: the next run collects them",
                                images(summary.parked)));
  }
  if (summary.interrupted) {
    lines.push_back("interrupted: run the same command again to go on from here");
  }
  return lines;
}

double RunProgress::images_per_minute() const {
  return made > 0 && seconds > 0 ? static_cast<double>(made) * 60 / seconds : 0;
}

std::optional<double> RunProgress::seconds_left() const {
  if (ended == 0 || seconds <= 0) return std::nullopt;
  const std::uint64_t left = counts.open - counts.beyond_limit + counts.running;
  return static_cast<double>(left) * seconds / static_cast<double>(ended);
}

}  // namespace pictor::host
