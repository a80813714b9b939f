#include "cli/run_report.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"
#include "ledger/ledger.hpp"
#include "run/status_text.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace pictor::host {
namespace {

constexpr std::size_t shown_errors = 3;

std::string local_time(std::int64_t unix_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::localtime(static_cast<std::time_t>(unix_ms / 1000)));
}

std::string utc_time(std::int64_t unix_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)));
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units = {"bytes", "kB", "MB", "GB", "TB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1000 && unit + 1 < units.size(); ++unit) size /= 1000;
  return fmt::format("{:.{}f} {}", size, unit == 0 ? 0 : 1, units[unit]);
}

// One line per outcome that occurred, one column per model.
std::string counts_table(const RunReport &report) {
  std::vector<std::vector<std::string>> rows = {{"OUTCOME"}};
  for (const std::string &model : report.models) rows.front().push_back(model);
  for (std::size_t outcome = 0; outcome < outcome_names.size(); ++outcome) {
    if (report.total(static_cast<Outcome>(outcome)) == 0) continue;
    std::vector<std::string> row = {std::string(outcome_names[outcome])};
    for (const RunReport::Counts &counts : report.counts) {
      row.push_back(fmt::format("{}", counts[outcome]));
    }
    rows.push_back(std::move(row));
  }
  return table(rows);
}

// What ended since a run began.
struct Since {
  std::uint64_t made = 0, final = 0;

  void add(const SampleEnd &end) {
    if (end.outcome == Outcome::ok) ++made;
    if (!drawn_again(end.outcome)) ++final;
  }
};

// The note of a run that is at work, or was killed, is brought up to date by what is recorded.
void settle_note(RunReport &report, const Since &since) {
  const RunNote &note = *report.note;
  if (note.ended_at_ms > 0) {
    report.left = note.left;
    if (note.seconds > 0)
      report.images_per_minute = static_cast<double>(note.made) * 60 / note.seconds;
    return;
  }
  report.left = note.left - std::min(note.left, since.final);
  const std::int64_t milliseconds = report.last_finished_ms - note.begun_at_ms;
  if (since.made > 0 && milliseconds > 0) {
    report.images_per_minute =
        static_cast<double>(since.made) * 60'000 / static_cast<double>(milliseconds);
  }
}

std::string stages_text(const StageTimes &stages) {
  std::string text;
  const Json means = mean_stage_seconds(stages);
  for (const auto &[stage, mean] : means.items()) {
    text += fmt::format("{}{} {:.3f} s", text.empty() ? "" : ", ", stage, mean.get<double>());
  }
  return text;
}

// One line per thing that is known.
std::string figures_text(const RunReport &report) {
  std::string text;
  const auto line = [&](const std::string &what, const std::string &value) {
    text += fmt::format("{:<14}{}\n", what, value);
  };
  if (report.note) line("left to draw", fmt::format("{}", report.left));
  if (report.images_per_minute > 0) line("last run", rate_text(report.images_per_minute));
  line("attempts", fmt::format("{}, {} of them retries", report.attempts, report.retries));
  if (report.cost_micros > 0) line("cost", dollars_text(report.cost_micros));
  if (report.stages.samples > 0) line("mean times", stages_text(report.stages));
  if (!report.holder.empty()) line("at work", terminal_safe(report.holder));
  if (report.note && report.note->removed.count > 0) text += text_of(report.note->removed) + '\n';
  return text;
}

}  // namespace

std::uint64_t RunReport::total(Outcome outcome) const {
  std::uint64_t sum = 0;
  for (const Counts &each : counts) sum += each[static_cast<std::size_t>(outcome)];
  return sum;
}

RunReport read_run_report(const std::filesystem::path &dir) {
  const Ledger ledger = Ledger::open_read_only(dir);
  RunReport report;
  report.dir = dir;
  report.models = ledger.models();
  report.counts.resize(report.models.size());
  report.rows = ledger.rows().size();
  report.note = read_run_note(ledger);
  report.cost_micros = ledger.spent_micros();
  report.holder = ledger_holder(dir);
  RunTally tally;
  Since since;
  ledger.for_each_end([&](const SampleEnd &end) {
    // A model that a run beside this one has just added is counted next time.
    if (end.key.model >= report.counts.size()) return;
    ++report.counts[end.key.model][static_cast<std::size_t>(end.outcome)];
    report.bytes += end.file_size;
    report.last_finished_ms = std::max(report.last_finished_ms, end.finished_at_ms);
    tally.add(end);
    if (report.note && end.finished_at_ms >= report.note->begun_at_ms) since.add(end);
  });
  report.errors = tally.errors.most_frequent(shown_errors);
  report.attempts = tally.attempts;
  report.retries = tally.retries;
  report.stages = tally.stages;
  if (report.note) settle_note(report, since);
  return report;
}

Json as_json(const RunReport &report) {
  Json document = {{"dir", report.dir.string()},
                   {"rows", report.rows},
                   {"pictures", report.total(Outcome::ok)},
                   {"bytes", report.bytes},
                   {"last_finished", nullptr},
                   {"left", nullptr},
                   {"attempts", report.attempts},
                   {"retries", report.retries},
                   {"cost_micros", report.cost_micros},
                   {"images_per_minute", report.images_per_minute},
                   {"stage_seconds", mean_stage_seconds(report.stages)},
                   {"in_use_by", nullptr},
                   {"removed_rows", nullptr},
                   {"outcomes", Json::object()},
                   {"models", Json::object()},
                   {"errors", Json::array()}};
  if (report.last_finished_ms > 0) document["last_finished"] = utc_time(report.last_finished_ms);
  if (!report.holder.empty()) document["in_use_by"] = report.holder;
  if (report.note) {
    document["left"] = report.left;
    document["removed_rows"] = {{"count", report.note->removed.count},
                                {"example_row", report.note->removed.example_row},
                                {"example_id", report.note->removed.example_id}};
  }
  for (std::size_t outcome = 0; outcome < outcome_names.size(); ++outcome) {
    const std::string name(outcome_names[outcome]);
    document["outcomes"][name] = report.total(static_cast<Outcome>(outcome));
    for (std::size_t model = 0; model < report.models.size(); ++model) {
      document["models"][report.models[model]][name] = report.counts[model][outcome];
    }
  }
  for (const FrequentError &error : report.errors) {
    document["errors"].push_back({{"outcome", name_of(error.outcome)},
                                  {"message", error.message},
                                  {"count", error.count},
                                  {"example_row", error.example_row},
                                  {"example_id", error.example_id}});
  }
  return document;
}

std::string as_text(const RunReport &report) {
  std::string text = terminal_safe(report.dir.string()) + ": " +
                     fmt::format("{} pictures of {} rows, {}", report.total(Outcome::ok),
                                 report.rows, size_text(report.bytes));
  if (report.last_finished_ms > 0) text += ", last change " + local_time(report.last_finished_ms);
  text += "\n\n" + counts_table(report) + '\n' + figures_text(report);
  if (!report.errors.empty()) text += "\nmost frequent errors\n";
  for (const FrequentError &error : report.errors) {
    text += paragraph(fmt::format("{} x {}: {}", error.count, name_of(error.outcome),
                                  error.message.empty() ? "no reason is recorded" : error.message),
                      2);
    const std::string id = error.example_id.empty() ? "" : fmt::format(" ({})", error.example_id);
    text += paragraph(fmt::format("for example row {}{}", error.example_row, id), 6);
  }
  return text;
}

}  // namespace pictor::host
