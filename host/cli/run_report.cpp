#include "cli/run_report.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite.hpp"

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

std::size_t place_of_model(RunReport &report, const std::string &name) {
  const auto found = std::find(report.models.begin(), report.models.end(), name);
  if (found != report.models.end()) return found - report.models.begin();
  report.models.push_back(name);
  report.counts.emplace_back();
  return report.models.size() - 1;
}

void add_ledger(RunReport &report, ErrorTally &errors, const Ledger &ledger) {
  std::vector<std::size_t> places;  // in the report, by the ledger's number
  for (const std::string &name : ledger.models()) places.push_back(place_of_model(report, name));
  report.rows += ledger.rows().size();
  ledger.for_each_end([&](const SampleEnd &end) {
    // A model that a run beside this one has just added is counted next time.
    if (end.key.model >= places.size()) return;
    ++report.counts[places[end.key.model]][static_cast<std::size_t>(end.outcome)];
    report.bytes += end.file_size;
    report.last_finished_ms = std::max(report.last_finished_ms, end.finished_at_ms);
    if (end.outcome != Outcome::ok) errors.add(end);
  });
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

}  // namespace

std::uint64_t RunReport::total(Outcome outcome) const {
  std::uint64_t sum = 0;
  for (const Counts &each : counts) sum += each[static_cast<std::size_t>(outcome)];
  return sum;
}

RunReport read_run_report(const std::filesystem::path &dir) {
  RunReport report;
  report.dir = dir;
  ErrorTally errors;
  if (!std::filesystem::exists(ledger_file(dir))) report.shards = unmerged_shards(dir);
  if (report.shards.empty()) add_ledger(report, errors, Ledger::open_read_only(dir));
  for (const Shard &shard : report.shards) {
    const std::filesystem::path folder = ledger_folder(dir, shard);
    if (!std::filesystem::exists(folder / ledger_file(dir).filename())) continue;
    try {
      add_ledger(report, errors, Ledger::open_read_only_in(folder, journal_mode_in(folder)));
    } catch (const DatabaseBusy &) {
      report.hidden.push_back(shard);
    }
  }
  report.errors = errors.most_frequent(shown_errors);
  return report;
}

Json as_json(const RunReport &report) {
  Json document = {{"dir", report.dir.string()},
                   {"rows", report.rows},
                   {"pictures", report.total(Outcome::ok)},
                   {"bytes", report.bytes},
                   {"last_finished", nullptr},
                   {"outcomes", Json::object()},
                   {"models", Json::object()},
                   {"errors", Json::array()}};
  if (!report.shards.empty()) {
    document["shards"] = {{"count", report.shards.front().count},
                          {"begun", report.shards.size()},
                          {"not_read", report.hidden.size()}};
  }
  if (report.last_finished_ms > 0) document["last_finished"] = utc_time(report.last_finished_ms);
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
  text += "\n\n" + counts_table(report);
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
