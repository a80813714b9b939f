#include "run/repair.hpp"

#include "base/file.hpp"
#include "run/dataset_files.hpp"

#include <optional>
#include <vector>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

// Nothing on record counts as billed: money is not spent on a guess.
bool is_billed(const Json &job, const std::string &model) {
  try {
    return job.at("models").at(model).at("billed").get<bool>();
  } catch (const Json::exception &) {
    return true;
  }
}

void reopen(Ledger &ledger, const std::vector<SampleKey> &broken, bool redraw_billed,
            Repair &repair) {
  const Json job = ledger.job();
  const std::vector<std::string> models = ledger.models();
  std::vector<SampleKey> keys;
  for (const SampleKey &key : broken) {
    const std::optional<SampleEnd> end = ledger.end(key);
    if (!end || key.model >= models.size()) continue;
    const std::string &model = models[key.model];
    if (!end->container.empty()) {
      ++repair.in_archives;
    } else if (!redraw_billed && is_billed(job, model)) {
      PaidPictures &paid = repair.paid[model];
      ++paid.pictures;
      paid.cost_micros += end->cost_micros.value_or(0);
    } else {
      keys.push_back(key);
    }
  }
  if (!keys.empty()) ledger.reopen(keys);
  repair.reopened = keys.size();
}

bool metadata_is_wrong(const Findings &findings) {
  for (const FindingKind kind : {FindingKind::metadata, FindingKind::no_line, FindingKind::no_file,
                                 FindingKind::wrong_line}) {
    if (findings.count(kind) > 0) return true;
  }
  return false;
}

}  // namespace

Repair repair_dataset(const fs::path &output_dir, Ledger &ledger, const Verification &found,
                      const Findings &findings, bool redraw_billed) {
  Repair repair;
  if (findings.count(FindingKind::ledger) > 0) return repair;
  repair.temporary_files = remove_temporary_files(output_dir);
  repair.settled = ledger.settle_started();
  reopen(ledger, found.broken, redraw_billed, repair);

  const bool files_missing = findings.count(FindingKind::missing_file) > 0;
  repair.needs_run = repair.reopened > 0 || files_missing;
  if (repair.reopened > 0 || metadata_is_wrong(findings)) {
    write_listings(ledger, output_dir, [](std::uint32_t) { return std::nullopt; });
    repair.metadata_written = true;
  }
  // Never written: the next run writes the dataset card and job.yaml too.
  const bool others_are_old = repair.needs_run || repair.settled > 0;
  if (others_are_old) {
    ledger.set_derived_version(0);
  } else if (repair.metadata_written) {
    ledger.set_derived_version(ledger.version());
  }
  return repair;
}

}  // namespace pictor::host
