#include "run/verify.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "output/decode.hpp"
#include "output/imagefolder.hpp"
#include "run/layout_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

// Names of the pictures and archives that the ledger has in the split folder, 16 bytes each.
class NamesOfLedger {
 public:
  explicit NamesOfLedger(const Ledger &ledger) {
    std::string container;
    ledger.for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      if (!end.container.empty() && end.container == container) return;
      container = end.container;
      names_.push_back(hash128(container.empty() ? end.file_name : container));
    });
    std::sort(names_.begin(), names_.end());
  }
  bool has(std::string_view name) const {
    return std::binary_search(names_.begin(), names_.end(), hash128(name));
  }

 private:
  std::vector<Hash128> names_;
};

bool is_second_metadata(const fs::path &file) {
  const std::string name = file.filename().string();
  return name == "metadata.jsonl" || name == "metadata.csv" || name == "metadata.parquet";
}

std::string why_unknown(const std::string &name) {
  if (is_picture_name(name)) {
    return "no recorded picture: a killed run left it, or its sample is to be drawn again; the "
           "next `pictor run` replaces it then";
  }
  if (is_second_metadata(name)) return "a second metadata file: the loader wants one";
  return "not in the ledger";
}

// Visits the files of a folder and below, following no links. Throws FileError.
template <typename Visit>
void for_each_file(const fs::path &folder, const Visit &visit) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory() && !entry->is_symlink()) continue;
    visit(entry->path());
  }
  if (error) throw FileError("list the folder", folder, error.value());
}

void check_files(const Ledger &ledger, const fs::path &output_dir, const std::string &split,
                 const LayoutRules &rules, Findings &findings) {
  const fs::path split_folder = output_dir / split;
  if (fs::is_directory(split_folder)) {
    const NamesOfLedger known(ledger);
    for_each_file(split_folder, [&](const fs::path &file) {
      const std::string name = file.lexically_relative(split_folder).generic_string();
      if (is_temporary_name(file.filename().string()) || known.has(name)) return;
      if (rules.is_own_file(name)) return;
      findings.add(FindingKind::unknown_file, split + "/" + name, why_unknown(name));
    });
  }
  for_each_file(output_dir, [&](const fs::path &file) {
    if (!is_temporary_name(file.filename().string())) return;
    findings.add(FindingKind::temporary_file, file.lexically_relative(output_dir).generic_string(),
                 "a killed run left it unfinished");
  });
  for (const char *name : {"README.md", "job.yaml"}) {
    if (fs::is_regular_file(output_dir / name)) continue;
    findings.add(FindingKind::missing_file, name, "is missing");
  }
}

// What a run at work changes all the time.
void check_beside_pictures(const fs::path &output_dir, const Ledger &ledger, Findings &findings) {
  const Json job = ledger.job();
  const std::string split = job.value("split", "train");
  const std::unique_ptr<LayoutRules> rules = layout_rules(job);
  check_files(ledger, output_dir, split, *rules, findings);
  rules->check_records(ledger, output_dir, split, findings);
  if (const std::uint64_t unanswered = ledger.unanswered(); unanswered > 0) {
    findings.add(FindingKind::unanswered, ".pictor/ledger.sqlite",
                 fmt::format("{} billed requests left and have no answer on record", unanswered));
  }
}

}  // namespace

Verification verify_dataset(const fs::path &output_dir, const Ledger &ledger,
                            const VerifyOptions &options, Findings &findings) {
  Verification result;
  const std::vector<std::string> damage = ledger.damage();
  for (const std::string &fault : damage) {
    findings.add(FindingKind::ledger, ".pictor/ledger.sqlite", fault);
  }
  if (!damage.empty()) return result;

  ledger.for_each_outcome([&](const SampleKey &, Outcome outcome) {
    if (outcome != Outcome::ok) ++result.failed;
  });
  PictureCheck check = check_pictures(ledger, output_dir, options.fast, findings, options.progress);
  result.pictures = check.checked;
  result.broken = std::move(check.broken);
  if (!options.owner) result.holder = ledger_holder(output_dir);
  if (result.holder.empty()) check_beside_pictures(output_dir, ledger, findings);
  return result;
}

}  // namespace pictor::host
