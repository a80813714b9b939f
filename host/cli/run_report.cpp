#include "cli/run_report.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"
#include "ledger/ledger.hpp"

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
  ErrorTally errors;
  ledger.for_each_end([&](const SampleEnd &end) {
    // A model that a run beside this one has just added is counted next time.
    if (end.key.model >= report.counts.size()) return;
    ++report.counts[end.key.model][static_cast<std::size_t>(end.outcome)];
    report.bytes += end.file_size;
    report.last_finished_ms = std::max(report.last_finished_ms, end.finished_at_ms);
    if (end.outcome != Outcome::ok) errors.add(end);
  });
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
