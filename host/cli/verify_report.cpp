#include "cli/verify_report.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"
#include "run/status_text.hpp"

#include <fmt/format.h>

#include <vector>

namespace pictor::host {

namespace {

constexpr std::size_t shown_of_a_kind = 20;

// What no repair mends.
bool is_left(FindingKind kind) {
  return kind == FindingKind::ledger || kind == FindingKind::unreadable ||
         kind == FindingKind::unknown_file;
}

std::string advice_for(FindingKind kind, const std::filesystem::path &dir) {
  std::string advice(note_of(kind).advice);
  const std::size_t place = advice.find("DIR");
  if (place != std::string::npos) advice.replace(place, 3, dir.string());
  return advice;
}

std::string findings_text(const VerifyReport &report) {
  std::string text;
  std::optional<FindingKind> kind;
  std::size_t shown = 0;
  for (const Finding &finding : report.findings.sorted()) {
    if (kind != finding.kind) {
      kind = finding.kind;
      shown = 0;
      text += fmt::format("\n{} ({})\n", note_of(*kind).name, report.findings.count(*kind));
      if (!report.repair) text += paragraph(advice_for(*kind, report.dir), 2);
    }
    if (++shown > shown_of_a_kind) continue;
    text += fmt::format("  {}: {}\n", terminal_safe(finding.file), terminal_safe(finding.message));
    if (shown == shown_of_a_kind && report.findings.count(*kind) > shown) {
      text += fmt::format("  and {} more\n", report.findings.count(*kind) - shown);
    }
  }
  return text;
}

std::string repair_text(const Repair &repair) {
  std::vector<std::string> lines;
  if (repair.temporary_files > 0) {
    lines.push_back(fmt::format("unfinished files removed: {}", repair.temporary_files));
  }
  if (repair.settled > 0) {
    lines.push_back(
        fmt::format("requests without an answer, now maybe_billed: {}", repair.settled));
  }
  if (repair.metadata_written) lines.push_back("metadata.jsonl written again from the ledger");
  if (repair.reopened > 0) {
    lines.push_back(
        fmt::format("pictures to be drawn again: {}; run the same job", repair.reopened));
  } else if (repair.needs_run) {
    lines.push_back("run the same job: it writes README.md and job.yaml again");
  }
  for (const auto &[model, paid] : repair.paid) {
    lines.push_back(
        fmt::format("{} pictures of {} cost money to draw again ({} so far): left; "
                    "--redraw-billed has them drawn and paid for again",
                    paid.pictures, model, dollars_text(paid.cost_micros)));
  }
  if (repair.in_archives > 0) {
    lines.push_back(
        fmt::format("{} pictures are broken inside an archive: left; restore it from a "
                    "copy, or draw the dataset anew",
                    repair.in_archives));
  }
  if (lines.empty()) lines.emplace_back("nothing that could be repaired");
  std::string text = "\nrepair\n";
  for (const std::string &line : lines) text += paragraph(line, 2);
  return text;
}

Json repair_json(const Repair &repair) {
  Json paid = Json::object();
  for (const auto &[model, pictures] : repair.paid) {
    paid[model] = {{"pictures", pictures.pictures}, {"cost_micros", pictures.cost_micros}};
  }
  return {{"reopened", repair.reopened},
          {"billed_left", paid},
          {"in_archives_left", repair.in_archives},
          {"temporary_files_removed", repair.temporary_files},
          {"settled", repair.settled},
          {"metadata_written", repair.metadata_written},
          {"needs_run", repair.needs_run}};
}

}  // namespace

bool VerifyReport::whole() const {
  if (findings.total() == 0) return true;
  if (!repair || repair->needs_run || !repair->paid.empty() || repair->in_archives > 0) {
    return false;
  }
  for (std::size_t i = 0; i < Findings::kinds; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    if (is_left(kind) && findings.count(kind) > 0) return false;
  }
  return true;
}

Json as_json(const VerifyReport &report) {
  Json document = {{"dir", report.dir.string()},
                   {"whole", report.whole()},
                   {"fast", report.fast},
                   {"pictures", report.verification.pictures},
                   {"failed_samples", report.verification.failed},
                   {"in_use_by", report.verification.holder},
                   {"counts", Json::object()},
                   {"findings", Json::array()},
                   {"repair", nullptr}};
  if (report.verification.holder.empty()) document["in_use_by"] = nullptr;
  for (std::size_t i = 0; i < Findings::kinds; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    const std::uint64_t count = report.findings.count(kind);
    if (count > 0) document["counts"][std::string(note_of(kind).name)] = count;
  }
  for (const Finding &finding : report.findings.sorted()) {
    document["findings"].push_back({{"kind", note_of(finding.kind).name},
                                    {"file", finding.file},
                                    {"message", finding.message},
                                    {"advice", advice_for(finding.kind, report.dir)}});
  }
  if (report.repair) document["repair"] = repair_json(*report.repair);
  return document;
}

std::string as_text(const VerifyReport &report) {
  const std::uint64_t total = report.findings.total();
  std::string text =
      fmt::format("{}: {} pictures {}, {}\n", terminal_safe(report.dir.string()),
                  report.verification.pictures, report.fast ? "looked at" : "checked",
                  total == 0   ? "all is whole"
                  : total == 1 ? "1 finding"
                               : fmt::format("{} findings", total));
  if (report.verification.failed > 0) {
    text += fmt::format("samples without a picture: {} (see `pictor status`)\n",
                        report.verification.failed);
  }
  if (!report.verification.holder.empty()) {
    text += fmt::format("in use by {}: only recorded pictures were looked at\n",
                        terminal_safe(report.verification.holder));
  }
  text += findings_text(report);
  if (report.repair && total > 0) text += repair_text(*report.repair);
  return text;
}

}  // namespace pictor::host
