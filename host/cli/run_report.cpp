#include "cli/run_report.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite.hpp"
#include "run/status_text.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
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

std::size_t place_of_model(RunReport &report, const std::string &name) {
  const auto found = std::find(report.models.begin(), report.models.end(), name);
  if (found != report.models.end()) return found - report.models.begin();
  report.models.push_back(name);
  report.counts.emplace_back();
  return report.models.size() - 1;
}

// All of a run's ledger, or of one shard's.
void add_ledger(RunReport &report, RunTally &tally, const Ledger &ledger, Since &since) {
  std::vector<std::size_t> places;  // in the report, by the ledger's number
  for (const std::string &name : ledger.models()) places.push_back(place_of_model(report, name));
  report.rows += ledger.rows().size();
  report.cost_micros += ledger.spent_micros();
  ledger.for_each_end([&](const SampleEnd &end) {
    // A model that a run beside this one has just added is counted next time.
    if (end.key.model >= places.size()) return;
    ++report.counts[places[end.key.model]][static_cast<std::size_t>(end.outcome)];
    report.bytes += end.file_size;
    report.last_finished_ms = std::max(report.last_finished_ms, end.finished_at_ms);
    tally.add(end);
    if (report.note && end.finished_at_ms >= report.note->begun_at_ms) since.add(end);
  });
}

void add_whole(RunReport &report, RunTally &tally) {
  const Ledger ledger = Ledger::open_read_only(report.dir);
  report.note = read_run_note(ledger);
  report.holder = ledger_holder(report.dir);
  Since since;
  add_ledger(report, tally, ledger, since);
  if (report.note) settle_note(report, since);
}

void add_shards(RunReport &report, RunTally &tally) {
  Since since;
  for (const Shard &shard : report.shards) {
    const std::filesystem::path folder = ledger_folder(report.dir, shard);
    if (!std::filesystem::exists(folder / ledger_file(report.dir).filename())) continue;
    try {
      add_ledger(report, tally, Ledger::open_read_only_in(folder, journal_mode_in(folder)), since);
    } catch (const DatabaseBusy &) {
      report.hidden.push_back(shard);
    }
  }
}

std::string shards_text(const RunReport &report) {
  const std::uint32_t count = report.shards.front().count;
  std::string text = fmt::format(
      "\n{} of {} shards have begun; `pictor merge` joins them when all "
      "are drawn\n",
      report.shards.size(), count);
  if (!report.hidden.empty()) {
    text += fmt::format(
        "not counted, because only their runs can read their ledgers on this disk: "
        "{}\n",
        list_of(report.hidden));
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
  RunReport report;
  report.dir = dir;
  if (!std::filesystem::exists(ledger_file(dir))) report.shards = unmerged_shards(dir);
  RunTally tally;
  report.shards.empty() ? add_whole(report, tally) : add_shards(report, tally);
  report.errors = tally.errors.most_frequent(shown_errors);
  report.attempts = tally.attempts;
  report.retries = tally.retries;
  report.stages = tally.stages;
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
  if (!report.shards.empty()) {
    document["shards"] = {{"count", report.shards.front().count},
                          {"begun", report.shards.size()},
                          {"not_read", report.hidden.size()}};
  }
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
  if (!report.shards.empty()) text += shards_text(report);
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
